import { reconcile } from 'solid-js/store';
import type { VoiceServer, VoiceState } from '~/api/wire';
import { gateway } from '~/state/session';
import { onForget, store } from '~/state/store';
import { toast } from '~/state/toast';
import { onVoice } from '~/state/voice';
import { t } from '~/text';
import { isMuted } from './door';
import type { GateRule } from './gate';
import { type Effect, IDLE, type Input, isIn, type Place, placeOf, type State, step } from './machine';
import { mayTalk, modeIn } from './may';
import { Mic } from './mic';
import { onPrefs, prefs, savePrefs, type VoicePrefs } from './prefs';
import { deviceProblem } from './problem';
import { followPush } from './push';
import { UNKNOWN } from './quality';
import type { LocalFeeds, MediaRoom, Sends } from './room';
import { isStage } from './stage';
import { call, type DeviceProblem, setCall, setOwnLevel, setPerson } from './store';
import { sound, type Tone } from './tone';

type RoomModule = typeof import('./room');

const LEVEL_OF_SPEECH_DB = -55;
/** Bits per second where the channel names none. */
const BITRATE = 64_000;

let state: State = IDLE;
let mic: Mic | null = null;
let media: RoomModule | null = null;
let room: MediaRoom | null = null;
let feeds: LocalFeeds | null = null;
let sends: Sends | null = null;
/** Counts rooms, so that one that is opened late knows that it is no longer wanted. */
let openings = 0;
let patience: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let pushed = false;
let facing: 'user' | 'environment' = 'user';

/** Feed the machine and perform what it asks for. */
function feed(input: Input): void {
  const [next, effects] = step(state, input, Math.random());
  const before = state;
  state = next;
  for (const effect of effects) perform(effect);
  if (state === before) return;
  setCall('state', reconcile(state));
  if (state.name === 'connected' && call.since === null) setCall('since', Date.now());
  if (!isIn(state)) setCall('since', null);
}

function perform(effect: Effect): void {
  switch (effect.name) {
    case 'tell':
      tell(effect.guildId, effect.channelId);
      return;
    case 'open-room':
      return void openRoom(effect.server);
    case 'close-room':
      return closeRoom();
    case 'start-patience':
      clearTimeout(patience);
      patience = setTimeout(() => feed({ name: 'patience-over' }), effect.delayMs);
      return;
    case 'stop-patience':
      return clearTimeout(patience);
    case 'start-retry':
      clearTimeout(retry);
      retry = setTimeout(() => feed({ name: 'retry-due' }), effect.delayMs);
      return;
    case 'stop-retry':
      return clearTimeout(retry);
    case 'sound':
      return play(effect.sound);
    case 'release':
      return release();
  }
}

function tell(guildId: string, channelId: string | null): boolean {
  return gateway.sendVoice({
    guild_id: guildId,
    channel_id: channelId,
    self_mute: isMuted(),
    self_deaf: prefs.deafened,
    self_video: call.camera === 'on',
    self_stream: call.screen === 'on',
  });
}

const play = (tone: Tone): void => {
  if (prefs.sounds) sound(tone, prefs.outputVolume);
};

/** Enter a voice channel, from wherever the person is. */
export function join(place: Place): void {
  if (!('RTCPeerConnection' in window) || !navigator.mediaDevices) {
    state = { name: 'failed', place, problem: 'unsupported' };
    setCall('state', reconcile(state));
    return;
  }
  void loadMedia();
  feed({ name: 'join', place });
  followTalk();
}

export const leave = (): void => feed({ name: 'leave' });

async function loadMedia(): Promise<RoomModule> {
  media ??= await import('./room');
  feeds ??= new media.LocalFeeds((kind) => void (kind === 'camera' ? stopCamera() : stopScreen()));
  return media;
}

async function openRoom(server: { endpoint: string; token: string }): Promise<void> {
  const opening = ++openings;
  let made: RoomModule;
  try {
    made = await loadMedia();
  } catch {
    if (opening === openings) feed({ name: 'room-refused', problem: 'unreachable', again: true });
    return;
  }
  if (opening !== openings || !feeds) return;
  const channelId = placeOf(state)?.channelId ?? '';
  sends = {
    microphone: mic?.isOpen ? mic.track : null,
    muted: silenced(),
    bitrate: store.channels[channelId]?.bitrate ?? BITRATE,
  };
  room = new made.MediaRoom(feeds, sends, (input) => {
    if (opening === openings) feed(ofRoom(input));
  });
  await room.open(server);
}

/** While the gateway is away, it is no moderator who takes the person out, but a server that misses them. */
const ofRoom = (input: Input): Input =>
  input.name === 'room-closed' && input.reason === 'removed' && store.connection.name !== 'ready'
    ? { name: 'room-closed', reason: 'lost' }
    : input;

function closeRoom(): void {
  openings++;
  room?.close();
  room = null;
  setCall('people', reconcile({}));
  setCall({ quality: UNKNOWN, silent: false });
}

function release(): void {
  staged = null;
  mic?.close();
  mic = null;
  for (const track of [...(feeds?.closeCamera() ?? []), ...(feeds?.closeScreen() ?? [])]) track.stop();
  setCall({ camera: 'off', screen: 'off', microphoneProblem: null });
  setOwnLevel({ level: -100, open: false });
}

/** Open the microphone where the person may talk, and let go of it where not: its light is not to burn for nothing. */
function followTalk(): void {
  const channelId = isIn(state) ? (placeOf(state)?.channelId ?? '') : '';
  const talks = mayTalk(channelId);
  if (talks && !mic && !call.microphoneProblem) void openMicrophone();
  else if (!talks && mic) {
    mic.close();
    mic = null;
    void room?.setMicrophone(null);
  }
}

/** Muted by the person, by a moderator, or in a stage's audience. */
function silenced(): boolean {
  const place = placeOf(state);
  const own = place ? store.voices[place.guildId]?.[store.me?.id ?? ''] : undefined;
  return isMuted() || own?.mute === true || own?.suppress === true;
}

const rule = (): GateRule =>
  modeIn(placeOf(state)?.channelId ?? null) === 'push'
    ? { kind: 'fixed', open: pushed }
    : { kind: 'voice', threshold: prefs.threshold };

async function openMicrophone(): Promise<void> {
  const opened = new Mic(
    {
      deviceId: prefs.input,
      noiseSuppression: prefs.noiseSuppression,
      echoCancellation: prefs.echoCancellation,
      autoGain: prefs.autoGain,
      volume: prefs.inputVolume,
      rule: rule(),
    },
    (report) => {
      if (mic !== opened) return;
      setOwnLevel(report);
      const me = store.me?.id ?? '';
      const speaking = report.open && report.level > LEVEL_OF_SPEECH_DB && !silenced();
      if (call.people[me] && call.people[me].speaking !== speaking) setPerson(me, { speaking });
    },
    (error) => missMicrophone(error),
  );
  mic = opened;
  setCall('microphoneProblem', null);
  try {
    await opened.open();
  } catch (error) {
    opened.close();
    if (mic === opened) missMicrophone(error);
    return;
  }
  if (mic !== opened) return opened.close();
  await room?.setMicrophone(opened.track);
}

/** The call goes on without: one hears the others, and sees why they do not hear. */
function missMicrophone(error: unknown): void {
  mic?.close();
  mic = null;
  setCall('microphoneProblem', deviceProblem(error));
  void room?.setMicrophone(null);
}

export async function retryMicrophone(): Promise<void> {
  if (!mic && isIn(state) && mayTalk(placeOf(state)?.channelId ?? '')) await openMicrophone();
}

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

const complain = (kind: 'camera' | 'screen', error: unknown): void => {
  const problem = deviceProblem(error, kind === 'screen' ? 'screen' : 'device');
  if (problem) toast.problem(t(DEVICE_SENTENCES[kind][problem]));
};

const showOwn = (): void => {
  if (feeds && store.me && isIn(state)) setPerson(store.me.id, feeds.shown());
};

/** What is filmed or shared changed: publish it, and say so. */
async function changed(): Promise<void> {
  feed({ name: 'flags-changed' });
  showOwn();
  await room?.publish();
}

export async function toggleCamera(): Promise<void> {
  if (call.camera !== 'off') return stopCamera();
  if (!isIn(state)) return;
  setCall('camera', 'starting');
  try {
    await loadMedia();
    await feeds?.openCamera(prefs.camera, facing);
  } catch (error) {
    setCall('camera', 'off');
    return complain('camera', error);
  }
  // Left or turned off in the meantime.
  if (!isIn(state) || (call.camera as string) === 'off') return stopCamera();
  setCall('camera', 'on');
  await changed();
}

async function stopCamera(): Promise<void> {
  setCall('camera', 'off');
  const tracks = feeds?.closeCamera() ?? [];
  for (const track of tracks) track.stop();
  showOwn();
  feed({ name: 'flags-changed' });
  await room?.unpublish(tracks);
}

/** Change between the cameras on the front and the back of a phone. */
export async function flipCamera(): Promise<void> {
  facing = facing === 'user' ? 'environment' : 'user';
  savePrefs({ camera: '' });
}

export async function toggleScreen(): Promise<void> {
  if (call.screen !== 'off') return stopScreen();
  if (!isIn(state)) return;
  setCall('screen', 'starting');
  try {
    await loadMedia();
    await feeds?.openScreen();
  } catch (error) {
    setCall('screen', 'off');
    return complain('screen', error);
  }
  if (!isIn(state) || (call.screen as string) === 'off') return stopScreen();
  setCall('screen', 'on');
  await changed();
}

async function stopScreen(): Promise<void> {
  setCall('screen', 'off');
  const tracks = feeds?.closeScreen() ?? [];
  for (const track of tracks) track.stop();
  showOwn();
  feed({ name: 'flags-changed' });
  await room?.unpublish(tracks);
}

export const startSound = async (): Promise<void> => room?.startAudio();

/** Which changes of preferences the open microphone takes. */
async function takePrefs(change: Partial<VoicePrefs>): Promise<void> {
  if (!isIn(state)) return;
  if ('muted' in change || 'deafened' in change) {
    if (change.deafened !== undefined) play(change.deafened ? 'deafen' : 'undeafen');
    else play(prefs.muted ? 'mute' : 'unmute');
    feed({ name: 'flags-changed' });
    void room?.setMuted(silenced());
  }
  if ('deafened' in change || 'outputVolume' in change || 'volumes' in change) room?.setVolumes();
  if ('output' in change) void room?.setOutput(prefs.output);
  if ('camera' in change && call.camera === 'on') {
    await feeds?.switchCamera(prefs.camera, facing).catch((error: unknown) => complain('camera', error));
  }
  if (!mic) return;
  const wish = {
    ...('input' in change ? { deviceId: prefs.input } : {}),
    ...('noiseSuppression' in change ? { noiseSuppression: prefs.noiseSuppression } : {}),
    ...('echoCancellation' in change ? { echoCancellation: prefs.echoCancellation } : {}),
    ...('autoGain' in change ? { autoGain: prefs.autoGain } : {}),
    volume: prefs.inputVolume,
    rule: rule(),
  };
  await mic.change(wish).catch(missMicrophone);
}
onPrefs((change) => void takePrefs(change));

followPush(
  () => isIn(state) && modeIn(placeOf(state)?.channelId ?? null) === 'push',
  (open) => {
    pushed = open;
    void mic?.change({ rule: rule() });
  },
);

/** What the gateway tells of voice, as far as it concerns this call. */
function hear(type: string, data: unknown): void {
  if (type === 'READY' || type === 'RESUMED') return feed({ name: 'gateway-ready', anew: type === 'READY' });
  if (type === 'VOICE_SERVER_UPDATE') {
    const { guild_id, endpoint, token } = data as VoiceServer;
    return feed({ name: 'server-told', guildId: guild_id, server: endpoint === null ? null : { endpoint, token } });
  }
  const voice = data as VoiceState;
  if (voice.user_id === store.me?.id) hearOwn(voice);
  else hearOther(voice);
}

function hearOwn(voice: VoiceState): void {
  const session = store.connection.name === 'ready' ? store.connection.resumable.sessionId : null;
  const mine = !voice.session_id || !session || voice.session_id === session;
  const guildId = voice.guild_id ?? '';
  if (voice.channel_id === null) {
    // Of another session, or of the guild that was left for this one.
    if (mine && guildId === placeOf(state)?.guildId) feed({ name: 'placed', place: null, mine });
    return;
  }
  feed({ name: 'placed', place: { guildId, channelId: voice.channel_id }, mine });
  if (!isIn(state)) return;
  countCompanions();
  followStage(voice);
  followTalk();
  void mic?.change({ rule: rule() });
  void room?.setMuted(silenced());
}

/** Where on a stage the person was: its channel, and whether they spoke. */
let staged: { channelId: string; speaks: boolean } | null = null;

/** Whoever is let onto a stage is not on the air before they want to be. */
function followStage(voice: VoiceState): void {
  const channelId = voice.channel_id ?? '';
  const before = staged?.channelId === channelId ? staged : null;
  staged = isStage(channelId) ? { channelId, speaks: !voice.suppress } : null;
  if (!staged || !before || before.speaks === staged.speaks) return;
  if (!staged.speaks) {
    if (call.camera !== 'off') void stopCamera();
    if (call.screen !== 'off') void stopScreen();
    return toast.info(t('voice.nowAudience'));
  }
  play('hand');
  savePrefs({ muted: true });
  toast.info(t('voice.nowSpeaker'), {
    label: t('voice.unmute'),
    run: () => savePrefs({ muted: false, deafened: false }),
  });
}

/** Who is in the channel of the call, to hear who comes and goes. */
let companions: ReadonlySet<string> = new Set();

function countCompanions(): string | undefined {
  const place = isIn(state) ? placeOf(state) : null;
  const voices = Object.values(store.voices[place?.guildId ?? ''] ?? {});
  companions = new Set(voices.filter((one) => one.channel_id === place?.channelId).map((one) => one.user_id));
  return place?.channelId;
}

function hearOther(voice: VoiceState): void {
  const before = companions;
  const channelId = countCompanions();
  if (state.name !== 'connected' || voice.guild_id !== state.place.guildId) return;
  const is = voice.channel_id === channelId;
  if (is === before.has(voice.user_id)) return;
  play(is ? 'came' : 'went');
}

onVoice(hear);
onForget(() => feed({ name: 'leave' }));
addEventListener('pagehide', () => {
  if (isIn(state)) leave();
});
navigator.mediaDevices?.addEventListener('devicechange', () => void followDevices());

/** A device that was chosen is there again, or the system changed its own choice. */
async function followDevices(): Promise<void> {
  if (!isIn(state)) return;
  if (!mic) {
    if (call.microphoneProblem === 'none') await retryMicrophone();
    return;
  }
  await mic.reopen().catch(missMicrophone);
}
