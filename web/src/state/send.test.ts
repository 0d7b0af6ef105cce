import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { messages } from '~/api/calls';
import { ChannelType, type Message } from '~/api/wire';
import { post, type RequestListener } from '~/upload/transfer';
import { applyDispatch } from './apply';
import { plainMessage } from './message.fixture';
import { cancelSend, forgetSends, sendMessage } from './send';
import { forgetPerson, setStore, store } from './store';
import { pendingKey, timeline } from './timeline';

vi.mock('~/upload/transfer', () => ({ post: vi.fn(() => () => undefined) }));

const HERE = '10';
const ADA = { id: '1', username: 'ada', global_name: null, avatar: null };

beforeEach(() => {
  setStore('me', ADA);
  setStore('channels', HERE, { id: HERE, type: ChannelType.Text, guild_id: '5' });
  setStore('timelines', HERE, { ...timeline(HERE), loaded: true, hasOlder: false });
});
afterEach(() => {
  forgetSends();
  forgetPerson();
  vi.mocked(post).mockClear();
});

/** Send a text; return what the server makes of it, and whoever waits for its answer. */
function send(content: string): { message: Message; request: RequestListener } {
  sendMessage(HERE, { content, files: [], replyTo: null, pingReply: true });
  const [, , body, request] = vi.mocked(post).mock.lastCall ?? [];
  if (typeof body !== 'string' || !request) throw new Error('nothing was sent');
  const { nonce } = JSON.parse(body) as { nonce: string };
  const message = plainMessage({ id: '900', nonce, channel_id: HERE, author: ADA, content });
  return { message, request };
}
const shown = () => timeline(HERE).keys.map((key) => store.messages[key]);

it('undoes nothing that happened to a message before its answer came', () => {
  const { message, request } = send('Vote here');
  applyDispatch('MESSAGE_CREATE', message);
  const emoji = { id: null, name: '👍' };
  applyDispatch('MESSAGE_REACTION_ADD', { channel_id: HERE, message_id: '900', user_id: '2', emoji });
  request.answered(200, message, null);
  expect(shown()[0]?.reactions).toEqual([{ emoji, count: 1, me: false }]);
});

it('brings no message back that was deleted before its answer came', () => {
  const { message, request } = send('A forbidden word');
  applyDispatch('MESSAGE_CREATE', message);
  applyDispatch('MESSAGE_DELETE', { id: '900', channel_id: HERE });
  request.answered(200, message, null);
  expect(shown()).toEqual([]);
});

/** Whether somebody who leaves the page is asked first. */
function leave(): boolean {
  const event = new Event('beforeunload', { cancelable: true });
  dispatchEvent(event);
  return event.defaultPrevented;
}

it('gives up what cannot arrive because its channel is gone', () => {
  const { request } = send('Too late');
  request.lost();
  applyDispatch('CHANNEL_DELETE', { id: HERE });
  expect(leave()).toBe(false);
  expect(store.messages).toEqual({});
});

it('asks before the page is left with a message that is not sent', () => {
  expect(leave()).toBe(false);
  const { message, request } = send('Wait for me');
  expect(leave()).toBe(true);
  request.lost();
  expect(leave()).toBe(true);
  request.answered(200, message, null);
  expect(leave()).toBe(false);
});

it('deletes what had arrived when its send was stopped', () => {
  const remove = vi.spyOn(messages, 'remove').mockResolvedValue();
  const { message } = send('The wrong window');
  cancelSend(pendingKey(String(message.nonce)));
  applyDispatch('MESSAGE_CREATE', message);
  expect(remove).toHaveBeenCalledWith(HERE, '900');
  expect(shown()).toEqual([]);
});
