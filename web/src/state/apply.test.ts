import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { applyDispatch } from './apply';
import { forgetPerson, store } from './store';

vi.mock('~/api/calls', () => ({ me: {}, messages: {}, channels: {}, guilds: {} }));

const person = (id: string, username: string) => ({ id, username, global_name: null, avatar: null });
const [ADA, BERT, CARL] = [person('1', 'ada'), person('2', 'bert'), person('3', 'carl')];

/** Begin anew, as after a connection that could not be taken up again. */
function begin(members: { id: string }[], online: { id: string }[]): void {
  applyDispatch('READY', { user: ADA, guilds: [{ id: '5', unavailable: true }], private_channels: [] });
  applyDispatch('GUILD_CREATE', {
    id: '5',
    name: 'Lantern Society',
    icon: null,
    owner_id: '1',
    roles: [],
    emojis: [],
    channels: [],
    member_count: members.length,
    members: members.map((user) => ({ user, roles: [], joined_at: '2026-01-01T00:00:00Z' })),
    presences: online.map((user) => ({ user, status: 'online' })),
  });
}

beforeEach(() => begin([ADA, BERT, CARL], [ADA, BERT, CARL]));
afterEach(forgetPerson);

it('knows after a gap who went offline', () => {
  begin([ADA, BERT, CARL], [ADA, CARL]);
  expect([store.presences['2'], store.presences['3']]).toEqual(['offline', 'online']);
});

it('knows after a gap who left', () => {
  begin([ADA, BERT], [ADA, BERT]);
  expect(Object.keys(store.members['5'] ?? {})).toEqual(['1', '2']);
});
