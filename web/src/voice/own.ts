import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import type { GateReport, GateRule } from './gate';
import { isIn, type Place, placeOf, type State } from './machine';
import { MutedHint } from './hint';
import { mayTalk, modeIn, ownVoice } from './may';
import { Mic } from './mic';
import { isMuted, prefs, savePrefs, type VoicePrefs } from './prefs';
import { deviceProblem } from './problem';
import { followPush } from './push';
import type { LocalFeeds, MediaRoom } from './room';
import { call, type DeviceProblem, setCall, setOwnLevel, setPerson } from './store';

interface Loaded {
  module: typeof import('./room');
  feeds: LocalFeeds;
}

const LEVEL_OF_SPEECH_DB = -55;

const DEVICE_SENTENCES = {
  camera: {
    denied: 'voice.cameraDenied',
    none: 'voice.cameraNone',
    busy: 'voice.cameraBusy',
    unsupported: 'voice.deviceUnsupported',
    failed: 'voice.cameraFailed',
  },
  screen: {
    denied: 'voice.screenFailed',
    none: 'voice.screenFailed',
    busy: 'voice.screenFailed',
    unsupported: 'voice.screenUnsupported',
    failed: 'voice.screenFailed',
  },
} as const satisfies Record<string, Record<DeviceProblem, string>>;

type Kind = keyof typeof DEVICE_SENTENCES;

/** What the person's own devices must know of the call. */
interface Ties {
  state: () => State;
  room: () => MediaRoom | null;
  /** What is filmed or shared changed: the others are to know. */
  flagsChanged: () => void;
}

/** The person's own microphone, camera and screen during a call; they outlive the rooms that they are sent to. */
export class OwnMedia {
  #mic: Mic | null = null;
  #loading: Promise<Loaded> | null = null;
  #feeds: LocalFeeds | null = null;
  #pushed = false;
  readonly #hint = new MutedHint();
  #facing: 'user' | 'environment' = 'user';

  /** Hold the microphone open as its key does, or let go. */
  readonly hold: (down: boolean) => void;

  constructor(private readonly ties: Ties) {
    this.hold = followPush(
      () => this.#in() && modeIn(this.#place()?.channelId ?? null) === 'push',
      (open) => {
        this.#pushed = open;
        setCall('pushed', open);
        this.followRule();
      },
    );
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.#followDevices());
  }

  /** Load the media client, which is large, once. Raises what an import raises, and tries again the next time. */
  load(): Promise<Loaded> {
    this.#loading ??= this.#fetch().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  async #fetch(): Promise<Loaded> {
    const module = await import('./room');
    this.#feeds = new module.LocalFeeds((kind) => {
      toast.info(t(kind === 'camera' ? 'voice.cameraLost' : 'voice.screenEnded'));
      void this.#stop(kind);
    });
    return { module, feeds: this.#feeds };
  }

  /** What the microphone gives, once it is open. */
  get microphone(): MediaStreamTrack | null {
    return this.#mic?.isOpen ? this.#mic.track : null;
  }

  /** Muted by the person, by a moderator, or in a stage's audience. */
  silenced(): boolean {
    return isMuted() || this.#isModerated();
  }

  /** Open the microphone where the person may talk, and let go of it where not: its light is not to burn for nothing. */
  followTalk(): void {
    const talks = this.#in() && mayTalk(this.#place()?.channelId ?? '');
    if (talks && !this.#mic && !call.microphoneProblem) void this.#openMicrophone();
    else if (!talks && this.#mic) {
      this.#mic.close();
      this.#mic = null;
      setCall('talksMuted', false);
      void this.ties.room()?.setMicrophone(null);
    }
  }

  /** By voice or by key, as the preferences and the channel say now. */
  followRule(): void {
    void this.#mic?.change({ rule: this.#rule() });
  }

  async retryMicrophone(): Promise<void> {
    setCall('microphoneProblem', null);
    this.followTalk();
  }

  toggleCamera(): Promise<void> {
    return this.#toggle('camera', (feeds) => feeds.openCamera(prefs.camera, this.#facing));
  }

  toggleScreen(): Promise<void> {
    return this.#toggle('screen', (feeds) => feeds.openScreen());
  }

  /** Change between the cameras on the front and the back of a phone. */
  flipCamera(): void {
    this.#facing = this.#facing === 'user' ? 'environment' : 'user';
    savePrefs({ camera: '' });
  }

  /** Nobody is to see the person any more; they stay in the call. */
  async stopPictures(): Promise<void> {
    if (call.camera !== 'off') await this.#stop('camera');
    if (call.screen !== 'off') await this.#stop('screen');
  }

  /** The person knows that they are muted. */
  dismissHint(): void {
    this.#hint.dismiss();
    setCall('talksMuted', false);
  }

  /** Let go of everything. */
  release(): void {
    this.#mic?.close();
    this.#mic = null;
    for (const track of [...(this.#feeds?.closeCamera() ?? []), ...(this.#feeds?.closeScreen() ?? [])]) track.stop();
    this.#hint.reset();
    setCall({ camera: 'off', screen: 'off', microphoneProblem: null, talksMuted: false });
    setOwnLevel({ level: -100, open: false });
  }

  /** Take those changes of preferences that concern open devices. */
  async takePrefs(change: Partial<VoicePrefs>): Promise<void> {
    if ('camera' in change && call.camera === 'on') {
      await this.#feeds
        ?.switchCamera(prefs.camera, this.#facing)
        .catch((error: unknown) => this.#complain('camera', error));
    }
    await this.#mic
      ?.change({
        ...('input' in change ? { deviceId: prefs.input } : {}),
        ...('noiseSuppression' in change ? { noiseSuppression: prefs.noiseSuppression } : {}),
        ...('echoCancellation' in change ? { echoCancellation: prefs.echoCancellation } : {}),
        ...('autoGain' in change ? { autoGain: prefs.autoGain } : {}),
        volume: prefs.inputVolume,
        rule: this.#rule(),
      })
      .catch((error: unknown) => this.#missMicrophone(error));
  }

  /** Whether others decided that nobody hears the person. */
  #isModerated(): boolean {
    const own = ownVoice(this.#place()?.channelId ?? '');
    return own?.mute === true || own?.suppress === true;
  }

  #in(): boolean {
    return isIn(this.ties.state());
  }

  #place(): Place | null {
    return placeOf(this.ties.state());
  }

  #rule(): GateRule {
    return modeIn(this.#place()?.channelId ?? null) === 'push'
      ? { kind: 'fixed', open: this.#pushed }
      : { kind: 'voice', threshold: prefs.threshold };
  }

  async #openMicrophone(): Promise<void> {
    const opened = new Mic(
      {
        deviceId: prefs.input,
        noiseSuppression: prefs.noiseSuppression,
        echoCancellation: prefs.echoCancellation,
        autoGain: prefs.autoGain,
        volume: prefs.inputVolume,
        rule: this.#rule(),
      },
      (report) => {
        if (this.#mic !== opened) return;
        this.#heard(report);
      },
      {
        lost: (error) => this.#missMicrophone(error),
        replaced: (name) => toast.info(t('voice.micReplaced', { name })),
      },
    );
    this.#mic = opened;
    setCall('microphoneProblem', null);
    try {
      await opened.open();
    } catch (error) {
      opened.close();
      if (this.#mic === opened) this.#missMicrophone(error);
      return;
    }
    if (this.#mic !== opened) return opened.close();
    await this.ties.room()?.setMicrophone(opened.track);
  }

  /** Show the person that they are heard, or say that they are not; the sound itself goes nowhere for that. */
  #heard(report: GateReport): void {
    setOwnLevel(report);
    const me = store.me?.id ?? '';
    const silenced = this.silenced();
    const talks = report.open && report.level > LEVEL_OF_SPEECH_DB;
    const speaking = talks && !silenced;
    if (call.people[me] && call.people[me].speaking !== speaking) setPerson(me, { speaking });
    // Whom a moderator muted is told so all the time, and cannot help it.
    this.#hint.hear(talks, isMuted() && !this.#isModerated(), performance.now());
    if (call.talksMuted !== this.#hint.isShown) setCall('talksMuted', this.#hint.isShown);
  }

  /** The call goes on without: one hears the others, and sees why they do not hear. */
  #missMicrophone(error: unknown): void {
    this.#mic?.close();
    this.#mic = null;
    setCall({ microphoneProblem: deviceProblem(error), talksMuted: false });
    void this.ties.room()?.setMicrophone(null);
  }

  async #toggle(kind: Kind, open: (feeds: LocalFeeds) => Promise<void>): Promise<void> {
    if (call[kind] !== 'off') return this.#stop(kind);
    if (!this.#in()) return;
    setCall(kind, 'starting');
    try {
      await open((await this.load()).feeds);
    } catch (error) {
      setCall(kind, 'off');
      return this.#complain(kind, error);
    }
    // The call was left, or the wish taken back, while the person was asked.
    if (!this.#in() || (call[kind] as string) === 'off') return this.#stop(kind);
    setCall(kind, 'on');
    this.ties.flagsChanged();
    this.#showOwn();
    await this.ties.room()?.publish();
  }

  async #stop(kind: Kind): Promise<void> {
    setCall(kind, 'off');
    const tracks = (kind === 'camera' ? this.#feeds?.closeCamera() : this.#feeds?.closeScreen()) ?? [];
    for (const track of tracks) track.stop();
    this.#showOwn();
    this.ties.flagsChanged();
    await this.ties.room()?.unpublish(tracks);
  }

  #showOwn(): void {
    if (this.#feeds && store.me && this.#in()) setPerson(store.me.id, this.#feeds.shown());
  }

  #complain(kind: Kind, error: unknown): void {
    const problem = deviceProblem(error, kind === 'screen' ? 'screen' : 'device');
    if (problem) toast.problem(t(DEVICE_SENTENCES[kind][problem]));
  }

  /** A device that was chosen is there again, or the system changed its own choice. */
  async #followDevices(): Promise<void> {
    if (!this.#in()) return;
    if (this.#mic) await this.#mic.follow().catch((error: unknown) => this.#missMicrophone(error));
    else if (call.microphoneProblem === 'none') await this.retryMicrophone();
  }
}
