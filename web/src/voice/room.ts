import {
  ConnectionError,
  ConnectionErrorReason,
  ConnectionQuality,
  createLocalScreenTracks,
  createLocalVideoTrack,
  DisconnectReason,
  LocalAudioTrack,
  type LocalTrack,
  LocalVideoTrack,
  type Participant,
  RemoteAudioTrack,
  type RemoteParticipant,
  type RemoteTrackPublication,
  RemoteVideoTrack,
  Room,
  RoomEvent,
  ScreenSharePresets,
  Track,
  TrackEvent,
  type TrackPublication,
  VideoPresets,
} from 'livekit-client';
import type { Input, Server } from './machine';
import { Listening } from './listening';
import { prefs } from './prefs';
import { type Feed, forgetPersonMedia, setCall, setPerson } from './store';

/** What of the person is to be sent. The room publishes what it is given, as far as it is allowed. */
export interface Sends {
  microphone: MediaStreamTrack | null;
  muted: boolean;
  /** Bits per second of the voice. */
  bitrate: number;
}

/** Sources as permissions name them. Source: livekit/protocol, livekit_models.proto, TrackSource. */
const SOURCES: Partial<Record<Track.Source, number>> = {
  [Track.Source.Camera]: 1,
  [Track.Source.Microphone]: 2,
  [Track.Source.ScreenShare]: 3,
  [Track.Source.ScreenShareAudio]: 4,
};

type Report = (input: Input) => void;

const address = (endpoint: string): string =>
  /^wss?:/.test(endpoint) ? endpoint : `${location.protocol === 'https:' ? 'wss' : 'ws'}://${endpoint}`;

/** What a failed connection means to the call. */
function refusal(error: unknown): Extract<Input, { name: 'room-refused' }> {
  const name = 'room-refused';
  if (error instanceof ConnectionError) {
    if (error.status === 429) return { name, problem: 'full', again: false };
    if (error.reason === ConnectionErrorReason.NotAllowed) return { name, problem: 'refused', again: false };
  }
  if (error instanceof Error && error.name === 'DeviceUnsupportedError') {
    return { name, problem: 'unsupported', again: false };
  }
  return { name, problem: 'unreachable', again: true };
}

/**
 * For how long the media client mends by itself before a place is asked for anew, and how slowly it tries at most: a
 * server that started anew refuses the old session first, so that each wait counts twice.
 */
const MENDING_MS = 12_000;
const SLOWEST_MENDING_MS = 600;

const mendingDelay = ({ retryCount, elapsedMs }: { retryCount: number; elapsedMs: number }): number | null =>
  elapsedMs > MENDING_MS ? null : Math.min(SLOWEST_MENDING_MS, retryCount === 0 ? 0 : 150 * 1.7 ** retryCount);

function ending(reason: DisconnectReason | undefined): 'lost' | 'removed' | 'elsewhere' {
  if (reason === DisconnectReason.DUPLICATE_IDENTITY) return 'elsewhere';
  // The person's own wish, when it came by way of the gateway from elsewhere than here.
  const told = reason === DisconnectReason.PARTICIPANT_REMOVED || reason === DisconnectReason.CLIENT_INITIATED;
  return told ? 'removed' : 'lost';
}

/**
 * One connection to a media server. Call `open` once, then `close`; camera and screen outlive it, so that the next
 * room goes on with them.
 */
export class MediaRoom {
  readonly #room: Room;
  readonly #listening = new Listening();
  #microphone: LocalAudioTrack | null = null;
  /** What the published copy was made of. */
  #published: MediaStreamTrack | null = null;
  #closed = false;
  #publishing: Promise<void> = Promise.resolve();

  constructor(
    private readonly feeds: LocalFeeds,
    private readonly sends: Sends,
    private readonly report: Report,
  ) {
    this.#room = new Room({
      adaptiveStream: { pixelDensity: 'screen' },
      dynacast: true,
      stopLocalTrackOnUnpublish: false,
      reconnectPolicy: { nextRetryDelayInMs: mendingDelay },
      publishDefaults: {
        videoCodec: 'vp8',
        simulcast: true,
        dtx: true,
        red: true,
        backupCodec: false,
        videoEncoding: VideoPresets.h720.encoding,
        videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360],
        screenShareEncoding: ScreenSharePresets.h1080fps15.encoding,
      },
      ...(prefs.output ? { audioOutput: { deviceId: prefs.output } } : {}),
    });
    this.#follow();
  }

  async open(server: Server): Promise<void> {
    try {
      await this.#room.connect(address(server.endpoint), server.token, { autoSubscribe: true, maxRetries: 1 });
    } catch (error) {
      if (!this.#closed) this.report(refusal(error));
      return;
    }
    if (this.#closed) return;
    this.#learn(this.#room.localParticipant);
    for (const one of this.#room.remoteParticipants.values()) this.#learn(one);
    this.#listening.start();
    this.report({ name: 'room-open' });
    await this.publish();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listening.stop();
    this.#microphone?.stop();
    for (const id of this.#identities()) forgetPersonMedia(id);
    this.#room.removeAllListeners();
    void this.#room.disconnect(false).catch(() => undefined);
  }

  /** Bring what is published in step with what is to be sent and may be; one change after the other. */
  publish(): Promise<void> {
    return this.#after(() => this.#publishAll());
  }

  async #publishAll(): Promise<void> {
    if (this.#closed || this.#room.state !== 'connected') return;
    const { localParticipant } = this.#room;
    await this.#publishMicrophone();
    for (const track of this.feeds.all()) {
      const published = localParticipant.getTrackPublications().some((one) => one.track === track);
      if (published || !this.#may(track.source)) continue;
      await localParticipant.publishTrack(track, { source: track.source }).catch(() => undefined);
    }
    this.#learn(localParticipant);
  }

  #may(source: Track.Source): boolean {
    const { permissions } = this.#room.localParticipant;
    if (!permissions) return true;
    const { canPublish, canPublishSources } = permissions;
    const wanted = SOURCES[source];
    return canPublish && (canPublishSources.length === 0 || wanted === undefined || canPublishSources.includes(wanted));
  }

  async unpublish(tracks: readonly LocalTrack[]): Promise<void> {
    for (const track of tracks) await this.#room.localParticipant.unpublishTrack(track, false).catch(() => undefined);
    this.#learn(this.#room.localParticipant);
  }

  /**
   * Whether the microphone sends; quicker than publishing anew, and others see the mark. Silence is at once, but the
   * word of it waits for what is being published: before, there is no track that it could be about.
   */
  setMuted(muted: boolean): Promise<void> {
    this.sends.muted = muted;
    if (muted && this.#microphone) this.#microphone.mediaStreamTrack.enabled = false;
    return this.#after(async () => {
      if (this.sends.muted) await this.#microphone?.mute();
      else await this.#microphone?.unmute();
    });
  }

  #after(what: () => Promise<unknown>): Promise<void> {
    this.#publishing = this.#publishing.then(what).then(
      () => undefined,
      () => undefined,
    );
    return this.#publishing;
  }

  async setMicrophone(track: MediaStreamTrack | null): Promise<void> {
    this.sends.microphone = track;
    await this.publish();
  }

  setVolumes(): void {
    this.#listening.setVolumes();
  }

  async setOutput(deviceId: string): Promise<void> {
    await this.#room.switchActiveDevice('audiooutput', deviceId || 'default').catch(() => undefined);
  }

  async startAudio(): Promise<void> {
    await this.#room.startAudio().catch(() => undefined);
  }

  async #publishMicrophone(): Promise<void> {
    const { microphone, muted, bitrate } = this.sends;
    const { localParticipant } = this.#room;
    const track = this.#microphone;
    const published = track !== null && localParticipant.getTrackPublications().some((one) => one.track === track);
    const allowed = microphone !== null && this.#may(Track.Source.Microphone);
    if (published && allowed && this.#published === microphone) return;
    if (published) await localParticipant.unpublishTrack(track, false);
    track?.stop();
    this.#microphone = null;
    if (!allowed) return;
    this.#published = microphone;
    // A copy: what is muted, and known by its id, here and now is nothing to the next room.
    const made = new LocalAudioTrack(microphone.clone(), undefined, true);
    made.source = Track.Source.Microphone;
    this.#microphone = made;
    this.#listening.sender = made;
    if (muted) await made.mute();
    await localParticipant.publishTrack(made, {
      source: Track.Source.Microphone,
      audioPreset: { maxBitrate: bitrate },
      dtx: true,
      red: true,
    });
  }

  #identities(): string[] {
    return [this.#room.localParticipant, ...this.#room.remoteParticipants.values()].map((one) => one.identity);
  }

  #follow(): void {
    const room = this.#room;
    const learn = (_: unknown, participant: Participant) => this.#learn(participant);
    room
      .on(RoomEvent.Reconnecting, () => this.report({ name: 'room-restoring' }))
      .on(RoomEvent.SignalReconnecting, () => this.report({ name: 'room-restoring' }))
      .on(RoomEvent.Reconnected, () => {
        this.report({ name: 'room-restored' });
        void this.publish();
      })
      .on(RoomEvent.Disconnected, (reason) => {
        if (!this.#closed) this.report({ name: 'room-closed', reason: ending(reason) });
      })
      .on(RoomEvent.ParticipantConnected, (one) => this.#learn(one))
      .on(RoomEvent.ParticipantDisconnected, (one) => forgetPersonMedia(one.identity))
      .on(RoomEvent.TrackSubscribed, (track, _, participant) => {
        if (track instanceof RemoteAudioTrack) this.#listening.add(participant.identity, track);
        this.#learn(participant);
      })
      .on(RoomEvent.TrackUnsubscribed, (track, _, participant) => {
        if (track instanceof RemoteAudioTrack) this.#listening.remove(track);
        this.#learn(participant);
      })
      .on(RoomEvent.TrackMuted, learn)
      .on(RoomEvent.TrackUnmuted, learn)
      .on(RoomEvent.TrackUnpublished, learn)
      .on(RoomEvent.LocalTrackPublished, learn)
      .on(RoomEvent.LocalTrackUnpublished, learn)
      .on(RoomEvent.TrackStreamStateChanged, (_: RemoteTrackPublication, __, one: RemoteParticipant) =>
        this.#learn(one),
      )
      .on(RoomEvent.ParticipantPermissionsChanged, (_, one) => one.isLocal && void this.publish())
      .on(RoomEvent.ConnectionQualityChanged, (quality, one) => {
        const weak = quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost;
        if (one.isLocal) this.#listening.serverComplains = weak;
        setPerson(one.identity, { weak });
      })
      .on(RoomEvent.AudioPlaybackStatusChanged, () => setCall('silent', !room.canPlaybackAudio));
  }

  #learn(participant: Participant): void {
    if (!participant.identity) return;
    if (participant.isLocal) {
      setPerson(participant.identity, { name: participant.name ?? '', ...this.feeds.shown() });
      return;
    }
    setPerson(participant.identity, {
      name: participant.name ?? '',
      camera: feedOf(participant.getTrackPublication(Track.Source.Camera)),
      screen: feedOf(participant.getTrackPublication(Track.Source.ScreenShare)),
    });
  }
}

function feedOf(publication: TrackPublication | undefined) {
  const track = publication?.track;
  if (!track || publication.isMuted) return null;
  if (track instanceof RemoteVideoTrack) {
    return { track, local: false, paused: track.streamState === Track.StreamState.Paused };
  }
  return null;
}

/** The person's own camera and screen, which stay when the room is made anew. */
export class LocalFeeds {
  #camera: LocalVideoTrack | null = null;
  #screen: LocalTrack[] = [];

  /** `onEnded`: the device was unplugged, or the browser's own button ended the sharing. */
  constructor(private readonly onEnded: (kind: 'camera' | 'screen') => void) {}

  all(): LocalTrack[] {
    return [...(this.#camera ? [this.#camera] : []), ...this.#screen];
  }

  /** What the person sees of themselves; at once, whether others see it yet or not. */
  shown(): { camera: Feed | null; screen: Feed | null } {
    const feed = (track: LocalTrack | null | undefined): Feed | null =>
      track instanceof LocalVideoTrack ? { track, local: true, paused: false } : null;
    return { camera: feed(this.#camera), screen: feed(this.#screen.find((track) => track.kind === Track.Kind.Video)) };
  }

  /** Raises what getUserMedia raises. */
  async openCamera(deviceId: string, facing: 'user' | 'environment'): Promise<void> {
    const open = (id: string) =>
      createLocalVideoTrack({
        ...(id ? { deviceId: { exact: id } } : { facingMode: facing }),
        resolution: VideoPresets.h720.resolution,
      });
    const track = await open(deviceId).catch((error: unknown) => {
      if (!deviceId) throw error;
      return open('');
    });
    track.source = Track.Source.Camera;
    track.on(TrackEvent.Ended, () => this.#camera === track && this.onEnded('camera'));
    this.#camera = track;
  }

  /** Change the camera while it is on. */
  async switchCamera(deviceId: string, facing: 'user' | 'environment'): Promise<void> {
    await this.#camera?.restartTrack({
      ...(deviceId ? { deviceId: { exact: deviceId } } : { facingMode: facing }),
      resolution: VideoPresets.h720.resolution,
    });
  }

  closeCamera(): LocalTrack[] {
    const closed = this.#camera ? [this.#camera] : [];
    this.#camera = null;
    return closed;
  }

  /** Raises what getDisplayMedia raises; NotAllowedError when the person chose nothing. */
  async openScreen(): Promise<void> {
    const tracks = await createLocalScreenTracks({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      resolution: ScreenSharePresets.h1080fps15.resolution,
      contentHint: 'detail',
      selfBrowserSurface: 'include',
      surfaceSwitching: 'include',
      systemAudio: 'include',
    });
    for (const track of tracks) track.on(TrackEvent.Ended, () => this.#screen === tracks && this.onEnded('screen'));
    this.#screen = tracks;
  }

  closeScreen(): LocalTrack[] {
    const closed = this.#screen;
    this.#screen = [];
    return closed;
  }
}
