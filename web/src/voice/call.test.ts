import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VoiceState } from '~/api/wire';
import { gateway } from '~/state/session';
import { applyDispatch } from '~/state/apply';
import { setStore } from '~/state/store';
import { hearVoice } from '~/state/voice';
import { toggleDeafen, toggleMute } from './door';
import type { Input } from './machine';
import { DEFAULT_PREFS, savePrefs } from './prefs';
import { call, callChannel } from './store';

vi.mock('~/api/calls', () => ({ me: {}, messages: {}, channels: {}, guilds: {}, auth: {}, instance: {} }));
vi.mock('~/state/session', () => ({ gateway: { sendVoice: vi.fn(() => true), retryNow: vi.fn() } }));
vi.mock('./tone', () => ({ sound: vi.fn() }));

const media = vi.hoisted(() => ({
  opened: [] as { endpoint: string; muted: boolean; report: (input: unknown) => void; closed: boolean }[],
  mics: [] as { closed: boolean }[],
}));

vi.mock('./room', () => ({
  LocalFeeds: class {
    closeCamera = () => [];
    closeScreen = () => [];
    shown = () => ({ camera: null, screen: null });
    openCamera = async () => undefined;
  },
  MediaRoom: class {
    #made = { endpoint: '', muted: false, report: (_: unknown) => undefined as undefined | void, closed: false };
    constructor(_: unknown, sends: { muted: boolean }, report: (input: unknown) => void) {
      this.#made.muted = sends.muted;
      this.#made.report = report;
      media.opened.push(this.#made);
    }
    open = async (server: { endpoint: string }) => void (this.#made.endpoint = server.endpoint);
    close = () => void (this.#made.closed = true);
    publish = async () => undefined;
    unpublish = async () => undefined;
    setMicrophone = async () => undefined;
    setMuted = async (muted: boolean) => void (this.#made.muted = muted);
    setVolumes = () => undefined;
  },
}));
vi.mock('./mic', () => ({
  Mic: class {
    closed = false;
    isOpen = false;
    constructor() {
      media.mics.push(this);
    }
    open = async () => undefined;
    change = async () => undefined;
    close = () => void (this.closed = true);
  },
}));

const ADA = { id: '1', username: 'ada', global_name: null, avatar: null };
const told = vi.mocked(gateway.sendVoice);

const dispatch = (type: string, data: unknown) => {
  applyDispatch(type, data);
  hearVoice(type, data);
};
const voice = (channelId: string | null, change: Partial<VoiceState> = {}) =>
  dispatch('VOICE_STATE_UPDATE', {
    guild_id: '5',
    user_id: '1',
    channel_id: channelId,
    session_id: 's1',
    deaf: false,
    mute: false,
    self_deaf: false,
    self_mute: false,
    self_video: false,
    suppress: false,
    ...change,
  });
const server = (endpoint = 'voice.example') =>
  dispatch('VOICE_SERVER_UPDATE', { guild_id: '5', endpoint, token: 'secret' });
const roomsOpened = (count: number) =>
  vi.waitFor(() => expect(media.opened.filter((one) => one.endpoint !== '')).toHaveLength(count));
const report = (input: Input) => media.opened.at(-1)?.report(input);

/** Join the lounge and wait until the media runs. */
async function enter(channelId = '7'): Promise<void> {
  const { join } = await import('./call');
  join({ guildId: '5', channelId });
  voice(channelId, channelId === '8' ? { suppress: true } : {});
  server();
  await roomsOpened(1);
  report({ name: 'room-open' });
}

beforeEach(() => {
  vi.stubGlobal('RTCPeerConnection', class {});
  Object.defineProperty(navigator, 'mediaDevices', { value: new EventTarget(), configurable: true });
  dispatch('READY', { user: ADA, guilds: [{ id: '5', unavailable: true }], private_channels: [] });
  dispatch('GUILD_CREATE', {
    id: '5',
    name: 'Lantern Society',
    icon: null,
    owner_id: '1',
    roles: [],
    emojis: [],
    channels: [
      { id: '7', type: 2, name: 'Lounge', guild_id: '5' },
      { id: '8', type: 13, name: 'Stage', guild_id: '5' },
    ],
    member_count: 1,
    members: [{ user: ADA, roles: [], joined_at: '2026-01-01T00:00:00Z' }],
    presences: [],
  });
  setStore('connection', { name: 'ready', resumable: { sessionId: 's1', sequence: 1 }, acked: true });
});

afterEach(async () => {
  const { leave } = await import('./call');
  leave();
  leave();
  savePrefs(structuredClone(DEFAULT_PREFS));
  media.opened.length = 0;
  media.mics.length = 0;
  told.mockClear();
});

describe('a call', () => {
  it('goes from the gateway to the media server and back out', async () => {
    await enter();
    expect(told).toHaveBeenCalledWith(expect.objectContaining({ guild_id: '5', channel_id: '7', self_mute: false }));
    expect(media.opened).toMatchObject([{ endpoint: 'voice.example', closed: false }]);
    expect([call.state.name, callChannel()]).toEqual(['connected', '7']);
    const { leave } = await import('./call');
    leave();
    expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ channel_id: null }));
    expect([media.opened[0]?.closed, media.mics[0]?.closed, callChannel()]).toEqual([true, true, null]);
  });

  it('tells and does what is muted; deafening mutes, unmuting ends both', async () => {
    await enter();
    toggleDeafen();
    expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ self_mute: true, self_deaf: true }));
    expect(media.opened[0]?.muted).toBe(true);
    toggleMute();
    expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ self_mute: false, self_deaf: false }));
    expect(media.opened[0]?.muted).toBe(false);
  });

  it('sends nothing while a moderator has muted the person', async () => {
    await enter();
    voice('7', { mute: true });
    expect(media.opened[0]?.muted).toBe(true);
    voice('7');
    expect(media.opened[0]?.muted).toBe(false);
  });

  it('ends when the person is taken out, and lets go of the microphone', async () => {
    await enter();
    voice(null);
    expect(call.state).toMatchObject({ name: 'failed', problem: 'removed' });
    expect(media.mics[0]?.closed).toBe(true);
  });

  it('is not thrown out by what another session of the person does', async () => {
    await enter();
    voice(null, { session_id: 's0' });
    expect(call.state.name).toBe('connected');
    voice('8', { session_id: 's0' });
    expect(call.state).toMatchObject({ name: 'failed', problem: 'elsewhere' });
  });

  it('comes back by itself when a server misses the person while the gateway is away', async () => {
    await enter();
    setStore('connection', { name: 'waiting', attempt: 1, delayMs: 500, resumable: null });
    report({ name: 'room-closed', reason: 'removed' });
    expect(call.state.name).toBe('waiting');
  });

  it('lets late words of a room that was closed be', async () => {
    await enter();
    server('other.example');
    await roomsOpened(2);
    expect(media.opened.map((one) => one.closed)).toEqual([true, false]);
    media.opened[0]?.report({ name: 'room-closed', reason: 'lost' });
    report({ name: 'room-open' });
    expect(call.state.name).toBe('connected');
  });
});

describe('a stage', () => {
  it('opens no microphone in the audience', async () => {
    await enter('8');
    expect(media.mics).toHaveLength(0);
  });

  it('lets nobody be on the air by surprise', async () => {
    await enter('8');
    voice('8', { suppress: false });
    expect(media.mics).toHaveLength(1);
    expect(told).toHaveBeenLastCalledWith(expect.objectContaining({ self_mute: true }));
    expect(media.opened[0]?.muted).toBe(true);
  });
});
