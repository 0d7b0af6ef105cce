import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { messages as api } from '~/api/calls';
import { ChannelType } from '~/api/wire';
import { applyDispatch } from './apply';
import { plainMessage } from './message.fixture';
import { watchChannel } from './notify';
import { markRead } from './read';
import { isUnread, mentionCount } from './select';
import { forgetPerson, setStore } from './store';

vi.mock('~/api/calls', () => ({
  messages: { ack: vi.fn(() => Promise.resolve()) },
  channels: {},
  guilds: {},
  me: {},
  interactions: {},
}));

const HERE = '10';
const BERT = { id: '2', username: 'bert', global_name: null, avatar: null };
const channel = () => ({ id: HERE, type: ChannelType.DirectMessage, recipients: [BERT], last_message_id: '100' });

const arrive = (id: number) => {
  applyDispatch('MESSAGE_CREATE', plainMessage({ id: String(id), channel_id: HERE, author: BERT }));
};

beforeEach(() => {
  vi.useFakeTimers();
  setStore('me', { id: '1', username: 'ada', global_name: null, avatar: null });
  applyDispatch('CHANNEL_CREATE', channel());
  setStore('reads', HERE, { lastMessageId: '100', mentionCount: 0 });
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
  vi.mocked(api.ack).mockClear();
  watchChannel(null);
  forgetPerson();
});

it('goes on being read when the server tells of an earlier mark', () => {
  arrive(101);
  arrive(102);
  markRead(HERE);
  applyDispatch('READ_STATE_UPDATE', { channel_id: HERE, last_message_id: '101', mention_count: 1 });
  expect([isUnread(HERE), mentionCount(HERE)]).toEqual([false, 0]);
});

it('is read as far as before once a closed conversation is opened again', () => {
  applyDispatch('CHANNEL_DELETE', channel());
  applyDispatch('CHANNEL_CREATE', channel());
  expect(isUnread(HERE)).toBe(false);
});

it('counts what concerns the person also while they look at the channel: they may read further up', () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  watchChannel(HERE);
  arrive(101);
  expect(mentionCount(HERE)).toBe(1);
});

it('tells the server how far one has read while messages pour in', () => {
  for (let id = 101; id <= 120; id++) {
    arrive(id);
    markRead(HERE);
    vi.advanceTimersByTime(300);
  }
  expect(api.ack).toHaveBeenCalled();
  vi.runAllTimers();
  expect(api.ack).toHaveBeenLastCalledWith(HERE, '120');
});
