import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { VoiceState } from '~/api/wire';
import { applyDispatch } from './apply';
import { forgetPerson, store } from './store';
import { voiceCount, voicesIn } from './voice';

vi.mock('~/api/calls', () => ({ me: {}, messages: {}, channels: {}, guilds: {} }));

const person = (id: string, username: string) => ({ id, username, global_name: null, avatar: null });
const [ADA, BERT, CARL] = [person('1', 'ada'), person('2', 'bert'), person('3', 'carl')];

const voice = (userId: string, channelId: string | null, change: Partial<VoiceState> = {}): VoiceState => ({
  user_id: userId,
  channel_id: channelId,
  deaf: false,
  mute: false,
  self_deaf: false,
  self_mute: false,
  self_video: false,
  suppress: false,
  ...change,
});

const tell = (state: VoiceState) => applyDispatch('VOICE_STATE_UPDATE', { guild_id: '5', ...state });

function begin(voices: VoiceState[]): void {
  applyDispatch('READY', { user: ADA, guilds: [{ id: '5', unavailable: true }], private_channels: [] });
  applyDispatch('GUILD_CREATE', {
    id: '5',
    name: 'Lantern Society',
    icon: null,
    owner_id: '1',
    roles: [],
    emojis: [],
    channels: [
      { id: '7', type: 2, name: 'Lounge' },
      { id: '8', type: 13, name: 'Stage' },
    ],
    member_count: 3,
    members: [ADA, BERT, CARL].map((user) => ({ user, roles: [], joined_at: '2026-01-01T00:00:00Z' })),
    presences: [],
    voice_states: voices,
  });
}

beforeEach(() => begin([voice('3', '7'), voice('1', '7')]));
afterEach(forgetPerson);

it('knows from the guild who is in voice, by name', () => {
  expect(voicesIn('7').map((each) => each.user_id)).toEqual(['1', '3']);
  expect(voiceCount('8')).toBe(0);
});

it('follows who comes, moves, mutes and leaves', () => {
  tell(voice('2', '7', { self_mute: true }));
  expect(voicesIn('7').map((each) => each.user_id)).toEqual(['1', '2', '3']);
  expect(store.voices['5']?.['2']?.self_mute).toBe(true);
  tell(voice('2', '8'));
  expect([voiceCount('7'), voiceCount('8')]).toEqual([2, 1]);
  expect(store.voices['5']?.['2']?.self_mute).toBe(false);
  tell(voice('2', null));
  expect(voiceCount('8')).toBe(0);
});

it('forgets after a gap who left meanwhile', () => {
  begin([voice('1', '8')]);
  expect([voiceCount('7'), voiceCount('8')]).toEqual([0, 1]);
});

it('learns the member that a voice state names', () => {
  tell({
    ...voice('4', '7'),
    member: { user: person('4', 'dora'), roles: ['9'], joined_at: '2026-01-01T00:00:00Z' },
  });
  expect(store.users['4']?.username).toBe('dora');
  expect(store.members['5']?.['4']?.roles).toEqual(['9']);
  expect(store.voices['5']?.['4']).not.toHaveProperty('member');
});
