import { afterEach, describe, expect, it, vi } from 'vitest';
import { messages as api } from '~/api/calls';
import { ChannelType, type Message } from '~/api/wire';
import { applyDispatch } from './apply';
import { plainMessage } from './message.fixture';
import { forgetPerson, setStore, store } from './store';
import {
  addPending,
  loadNewer,
  markStale,
  openAround,
  openChannel,
  openNewest,
  pendingKey,
  timeline,
  trim,
} from './timeline';

vi.mock('~/api/calls', () => ({ messages: { page: vi.fn() }, channels: {}, guilds: {}, me: {}, interactions: {} }));

const HERE = '10';
const ADA = { id: '1', username: 'ada', global_name: null, avatar: null };

const message = (id: number, more: Partial<Message> = {}): Message =>
  plainMessage({ id: String(id), channel_id: HERE, author: ADA, ...more });
const run = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(to - index));

/** Let the next page be answered by hand, as a network does that takes its time. */
function hold(): (page: Message[]) => void {
  let answer!: (page: Message[]) => void;
  vi.mocked(api.page).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  return answer;
}
const answerWith = (page: Message[]) => vi.mocked(api.page).mockResolvedValueOnce(page);
const newestShown = () => store.messages[timeline(HERE).keys.at(-1) ?? '']?.content;

const arrive = (id: number) => applyDispatch('MESSAGE_CREATE', message(id));

function enter(last: number): void {
  setStore('channels', HERE, { id: HERE, type: ChannelType.Text, guild_id: '5', last_message_id: String(last) });
}

afterEach(() => {
  forgetPerson();
  vi.mocked(api.page).mockReset();
});

describe('a run that ends before the newest message', () => {
  const lookBack = async (last: number) => {
    enter(last);
    answerWith(run(1000, 1049));
    await openAround(HERE, '1020');
    expect(timeline(HERE).hasNewer).toBe(true);
  };

  it('is joined by what is written while its last page is on the way', async () => {
    await lookBack(1060);
    const answer = hold();
    const loading = loadNewer(HERE);
    arrive(1061);
    answerWith(run(1050, 1061));
    answer(run(1050, 1060));
    await loading;
    expect(newestShown()).toBe('Line 1061');
  });

  it('is left for the newest page, of which nothing is missing', async () => {
    await lookBack(1200);
    const answer = hold();
    const loading = openNewest(HERE);
    arrive(1201);
    answerWith(run(1152, 1201));
    answer(run(1151, 1200));
    await loading;
    expect(newestShown()).toBe('Line 1201');
  });
});

describe('a gap in what the gateway tells', () => {
  it('hides no deletion, not even of the newest message', async () => {
    enter(1002);
    answerWith(run(1000, 1002));
    await openChannel(HERE);
    markStale();
    const answer = hold();
    const loading = openChannel(HERE);
    arrive(1003);
    answer(run(1000, 1001));
    await loading;
    expect(timeline(HERE).keys).toEqual(['1000', '1001', '1003']);
  });

  it('doubles no message whose answer it swallowed', async () => {
    enter(1000);
    answerWith([message(1000)]);
    await openChannel(HERE);
    const key = pendingKey('77');
    addPending({ ...message(1001, { content: 'Mine' }), key, send: { name: 'ready' } });
    markStale();
    answerWith([message(1001, { content: 'Mine' }), message(1000)]);
    await openChannel(HERE);
    applyDispatch('MESSAGE_CREATE', message(1001, { content: 'Mine', nonce: '77' }));
    expect(timeline(HERE).keys).toEqual(['1000', key]);
    expect(store.messages['1001']).toBeUndefined();
  });
});

it('shows the place that was asked for last, also if one asked for before comes later', async () => {
  enter(2000);
  answerWith(run(1951, 2000));
  await openChannel(HERE);
  const answers = [hold(), hold()];
  const first = openAround(HERE, '1020');
  const second = openAround(HERE, '1520');
  answers[1]?.(run(1500, 1549));
  expect(await second).toBe(true);
  answers[0]?.(run(1000, 1049));
  expect(await first).toBeNull();
  expect(newestShown()).toBe('Line 1549');
});

it('takes no page of a channel that was hidden while it was on its way', async () => {
  enter(2000);
  const answer = hold();
  const loading = openChannel(HERE);
  applyDispatch('CHANNEL_DELETE', { id: HERE });
  answer([message(2000)]);
  await loading;
  expect(store.timelines).toEqual({});
  expect(store.messages).toEqual({});
});

describe('memory', () => {
  it('holds no message of a channel that was never opened', () => {
    enter(3000);
    arrive(3001);
    expect(store.channels[HERE]?.last_message_id).toBe('3001');
    expect(store.messages).toEqual({});
  });

  it('does not fill with a channel left behind in which others go on', async () => {
    enter(3000);
    answerWith([message(3000)]);
    await openChannel(HERE);
    trim(HERE);
    for (let id = 3001; id < 4000; id++) arrive(id);
    expect(newestShown()).toBe('Line 3999');
    expect(timeline(HERE).hasOlder).toBe(true);
    expect(Object.keys(store.messages).length).toBeLessThan(400);
  });
});
