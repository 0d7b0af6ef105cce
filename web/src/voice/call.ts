import { reconcile } from 'solid-js/store';
import type { VoiceServer, VoiceState } from '~/api/wire';
import { gateway } from '~/state/session';
import { onForget, store } from '~/state/store';
import { toast } from '~/state/toast';
import { onVoice } from '~/state/voice';
import { t } from '~/text';
import { type Effect, IDLE, type Input, isIn, type Place, placeOf, type Server, type State, step } from './machine';
import { OwnMedia } from './own';
import { isMuted, onPrefs, prefs, savePrefs, type VoicePrefs } from './prefs';
import { UNKNOWN } from './quality';
import type { MediaRoom } from './room';
import { isStage } from './stage';
import { call, setCall, setCallState } from './store';
import { sound, type Tone } from './tone';

/** Bits per second where the channel names none. */
const BITRATE = 64_000;

let state: State = IDLE;
let room: MediaRoom | null = null;
/** Counts rooms, so that one that is opened late knows that it is no longer wanted. */
let openings = 0;
let patience: ReturnType<typeof setTimeout> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;

const own = new OwnMedia({
  state: () => state,
  room: () => room,
  flagsChanged: () => feed({ name: 'flags-changed' }),
});

/** Feed the machine and perform what it asks for. */
function feed(input: Input): void {
  const [next, effects] = step(state, input, Math.random());
  const before = state;
  state = next;
  for (const effect of effects) perform(effect);
  if (state === before) return;
  setCallState(state);
  if (state.name === 'connected' && call.since === null) setCall('since', Date.now());
  if (!isIn(state)) setCall('since', null);
}

function perform(effect: Effect): void {
  switch (effect.name) {
    case 'tell':
      // A gateway that waits to reconnect is wanted now.
      if (!tell(effect.guildId, effect.channelId)) gateway.retryNow();
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
      staged = null;
      return own.release();
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
    setCallState(state);
    return;
  }
  void own.load().catch(() => undefined);
  feed({ name: 'join', place });
  own.followTalk();
}

export const leave = (): void => feed({ name: 'leave' });

async function openRoom(server: Server): Promise<void> {
  const opening = ++openings;
  const loaded = await own.load().catch(() => null);
  if (opening !== openings) return;
  if (!loaded) return feed({ name: 'room-refused', problem: 'unreachable', again: true });
  const channelId = placeOf(state)?.channelId ?? '';
  const sends = {
    microphone: own.microphone,
    muted: own.silenced(),
    bitrate: store.channels[channelId]?.bitrate ?? BITRATE,
  };
  room = new loaded.module.MediaRoom(loaded.feeds, sends, (input) => {
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

export const toggleCamera = (): Promise<void> => own.toggleCamera();
export const toggleScreen = (): Promise<void> => own.toggleScreen();
export const flipCamera = (): void => own.flipCamera();
export const holdToTalk = (down: boolean): void => own.hold(down);
export const dismissHint = (): void => own.dismissHint();
export const retryMicrophone = (): Promise<void> => own.retryMicrophone();
export const startSound = async (): Promise<void> => room?.startAudio();

/** Bring the call in step with changed preferences. */
function takePrefs(change: Partial<VoicePrefs>): void {
  if (!isIn(state)) return;
  if ('muted' in change || 'deafened' in change) {
    if (change.deafened !== undefined) play(change.deafened ? 'deafen' : 'undeafen');
    else play(prefs.muted ? 'mute' : 'unmute');
    feed({ name: 'flags-changed' });
    void room?.setMuted(own.silenced());
  }
  if ('deafened' in change || 'outputVolume' in change || 'volumes' in change) room?.setVolumes();
  if ('output' in change) void room?.setOutput(prefs.output);
  void own.takePrefs(change);
}
onPrefs(takePrefs);

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
  const before = isIn(state) ? placeOf(state)?.channelId : null;
  feed({ name: 'placed', place: { guildId, channelId: voice.channel_id }, mine });
  if (isIn(state) && before !== voice.channel_id) {
    toast.info(t('voice.moved', { name: store.channels[voice.channel_id]?.name ?? '' }));
  }
  if (!isIn(state)) return;
  countCompanions();
  followStage(voice);
  own.followTalk();
  own.followRule();
  void room?.setMuted(own.silenced());
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
    void own.stopPictures();
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
