import { batch } from 'solid-js';
import { produce, reconcile, unwrap } from 'solid-js/store';
import { messages as api } from '~/api/calls';
import { compareIds } from '~/api/snowflake';
import { type Message, MessageFlag, type Snowflake } from '~/api/wire';
import { learnMessage } from './learn';
import { type MessageEntry, onForget, setStore, store, type Timeline } from './store';

/** Messages fetched when a channel opens, and at each step further: who reads on is likely to go on. */
const PAGE = 50;
const STEP = 100;

/** Timelines of channels left behind are cut to this, so that a long day does not fill the memory. */
const KEPT = 150;

const EMPTY: Timeline = {
  keys: [],
  loaded: false,
  stale: false,
  hasOlder: true,
  hasNewer: false,
  loading: 'none',
  problem: null,
};

/** Keys of messages whose key is not their id: those sent from this page. */
const keyById = new Map<Snowflake, string>();

/** Channels in which something changed while a page was on its way, so that the page may not know of it. */
const overtaken = new Set<Snowflake>();
const LOADS_MAX = 3;

/** The page that was asked for last in each channel: one that comes after it was given up for another is not shown. */
const wanted = new Map<Snowflake, symbol>();

/** Channels that were open and are not any more. */
const left = new Set<Snowflake>();

onForget(() => {
  for (const kept of [keyById, overtaken, wanted, left]) kept.clear();
});

export const keyOf = (id: Snowflake): string => keyById.get(id) ?? id;
export const pendingKey = (nonce: string): string => `n${nonce}`;

export function timeline(channelId: Snowflake): Timeline {
  return store.timelines[channelId] ?? EMPTY;
}

const change = (channelId: Snowflake, patch: Partial<Timeline>): void => {
  setStore('timelines', channelId, { ...timeline(channelId), ...patch });
};

const isPending = (key: string): boolean => store.messages[key]?.send !== undefined;

/** The key under which a message of the server is shown; from its nonce it is known as one sent from this page. */
function keyFor(message: Message): string {
  const nonceKey = message.nonce !== undefined ? pendingKey(String(message.nonce)) : null;
  if (nonceKey && store.messages[nonceKey]) keyById.set(message.id, nonceKey);
  return keyOf(message.id);
}

/** Put a message of the server into the table and return its key. */
function putMessage(message: Message): string {
  learnMessage(message);
  const key = keyFor(message);
  const entry: MessageEntry = { ...message, key };
  if (store.messages[key]?.send === undefined) setStore('messages', key, reconcile(entry, { merge: true }));
  else setStore('messages', key, reconcile(entry));
  return key;
}

const byAge = (a: string, b: string): number => {
  const pendingA = isPending(a);
  const pendingB = isPending(b);
  if (pendingA !== pendingB) return pendingA ? 1 : -1;
  return compareIds(store.messages[a]?.id ?? '0', store.messages[b]?.id ?? '0');
};

/** Two sorted runs as one. Mostly the second follows the first, and then a long list is not sorted again. */
function merged(keys: readonly string[], more: readonly string[]): string[] {
  const last = keys.at(-1);
  const first = more[0];
  if (last === undefined || first === undefined || (last !== first && byAge(last, first) < 0))
    return [...keys, ...more];
  return [...new Set([...keys, ...more])].sort(byAge);
}

function forgetMessages(keys: readonly string[]): void {
  setStore(
    'messages',
    produce((table) => {
      for (const key of keys) delete table[key];
    }),
  );
}

/** Load a channel's newest page unless it is here already; a stale one is shown and fetched anew. */
export async function openChannel(channelId: Snowflake): Promise<void> {
  left.delete(channelId);
  const now = timeline(channelId);
  if (now.loading === 'first' || (now.loaded && !now.stale && !now.problem)) return;
  await loadPage(channelId, {}, 'first');
}

/**
 * Load around one message, replacing what is shown unless it is already there.
 *
 * Returns whether it is there now; null when that stays unknown, because loading failed or something else was asked for.
 */
export async function openAround(channelId: Snowflake, messageId: Snowflake): Promise<boolean | null> {
  left.delete(channelId);
  if (timeline(channelId).keys.includes(keyOf(messageId))) return true;
  const loaded = await loadPage(channelId, { around: messageId }, 'first');
  return loaded ? timeline(channelId).keys.includes(keyOf(messageId)) : null;
}

/** Load the newest page again and forget the run that lies further back. */
export async function openNewest(channelId: Snowflake): Promise<void> {
  if (timeline(channelId).hasNewer) await loadPage(channelId, {}, 'first');
}

export async function loadOlder(channelId: Snowflake): Promise<void> {
  const now = timeline(channelId);
  const oldest = now.keys.find((key) => !isPending(key));
  const id = oldest && store.messages[oldest]?.id;
  if (now.loading !== 'none' || !now.hasOlder || !id) return;
  await loadPage(channelId, { before: id }, 'older');
}

export async function loadNewer(channelId: Snowflake): Promise<void> {
  const now = timeline(channelId);
  const newest = now.keys.findLast((key) => !isPending(key));
  const id = newest && store.messages[newest]?.id;
  if (now.loading !== 'none' || !now.hasNewer || !id) return;
  await loadPage(channelId, { after: id }, 'newer');
}

type Place = { before?: string; after?: string; around?: string };

/** Something happened that the list does not hold; a page that was read before must not undo or lack it. */
export function noteChange(channelId: Snowflake): void {
  if (timeline(channelId).loading !== 'none') overtaken.add(channelId);
}

/** Fetch a page and show it, unless another was asked for meanwhile or it failed. Returns whether it is shown. */
async function loadPage(channelId: Snowflake, place: Place, loading: 'first' | 'older' | 'newer'): Promise<boolean> {
  const request = Symbol('page');
  wanted.set(channelId, request);
  // Deleted or hidden meanwhile: a page that comes too late would stand there as if it were all, should it come back.
  const isWanted = () => wanted.get(channelId) === request && store.channels[channelId] !== undefined;
  const size = loading === 'first' ? PAGE : STEP;
  change(channelId, { loading, problem: null });
  let page: Message[] = [];
  let before: ReadonlySet<string> = new Set();
  try {
    for (let tries = 0; tries < LOADS_MAX && isWanted(); tries++) {
      overtaken.delete(channelId);
      before = new Set(timeline(channelId).keys.filter((key) => !isPending(key)));
      page = await api.page(channelId, place, size);
      if (!overtaken.delete(channelId)) break;
    }
  } catch (error) {
    if (!isWanted()) return false;
    change(channelId, { loading: 'none', problem: error instanceof Error ? error.message : String(error) });
    return false;
  }
  if (!isWanted()) return false;
  batch(() => {
    const keys = page.map(putMessage).sort(byAge);
    const now = timeline(channelId);
    const full = page.length >= size;
    if (loading === 'older') {
      change(channelId, { keys: merged(keys, now.keys), hasOlder: full, loading: 'none' });
    } else if (loading === 'newer') {
      change(channelId, { keys: merged(now.keys, keys), hasNewer: full, loading: 'none' });
    } else {
      settleFirst(channelId, keys, before, place.around !== undefined, full);
    }
  });
  return true;
}

/** `before`: what was there when the page was asked for; if the page lacks it, it is gone. */
function settleFirst(
  channelId: Snowflake,
  keys: string[],
  before: ReadonlySet<string>,
  around: boolean,
  full: boolean,
): void {
  const now = timeline(channelId);
  const kept = now.keys.filter(
    (key) => isPending(key) || (!around && isNewerThan(key, keys.at(-1)) && (!before.has(key) || isEphemeral(key))),
  );
  const joins = !around && !now.hasNewer && now.keys.some((key) => keys.includes(key));
  const older = joins ? now.keys.filter((key) => !keys.includes(key) && isOlderThan(key, keys[0])) : [];
  const shown = merged(older, [...keys, ...kept]);
  const still = new Set(shown);
  forgetMessages(now.keys.filter((key) => !still.has(key)));
  change(channelId, {
    keys: shown,
    loaded: true,
    stale: false,
    hasOlder: older.length > 0 ? now.hasOlder : full || around,
    hasNewer: around && !keys.some((key) => store.messages[key]?.id === store.channels[channelId]?.last_message_id),
    loading: 'none',
  });
}

const isEphemeral = (key: string): boolean => ((store.messages[key]?.flags ?? 0) & MessageFlag.Ephemeral) !== 0;
const idOf = (key: string | undefined): Snowflake => (key && store.messages[key]?.id) || '0';
const isOlderThan = (key: string, other: string | undefined): boolean => compareIds(idOf(key), idOf(other)) < 0;
const isNewerThan = (key: string, other: string | undefined): boolean => compareIds(idOf(key), idOf(other)) > 0;

/** Take a new message from the gateway or from the answer to a send. */
export function receiveMessage(message: Message): void {
  batch(() => {
    const key = keyFor(message);
    const now = timeline(message.channel_id);
    const known = now.keys.includes(key);
    // While the first page is on its way it may have been read before this message was written.
    if (known || ((now.loaded || now.loading === 'first') && !now.hasNewer)) {
      putMessage(message);
      // A page may have brought it before it was known to be the one that was sent from here.
      const others = key === message.id ? now.keys : now.keys.filter((other) => other !== message.id);
      if (others.length < now.keys.length) forgetMessages([message.id]);
      change(message.channel_id, { keys: known ? [...others].sort(byAge) : merged(others, [key]) });
      if (left.has(message.channel_id) && others.length > 2 * KEPT) cut(message.channel_id);
    } else {
      learnMessage(message);
      noteChange(message.channel_id);
    }
    const last = store.channels[message.channel_id]?.last_message_id;
    const ephemeral = ((message.flags ?? 0) & MessageFlag.Ephemeral) !== 0;
    if (!ephemeral && store.channels[message.channel_id] && (!last || compareIds(message.id, last) > 0)) {
      setStore('channels', message.channel_id, 'last_message_id', message.id);
    }
  });
}

/** Show a message that is being sent. */
export function addPending(entry: MessageEntry): void {
  batch(() => {
    setStore('messages', entry.key, entry);
    change(entry.channel_id, { keys: merged(timeline(entry.channel_id).keys, [entry.key]) });
  });
}

/** Take a message out, whether deleted or discarded; answers to it quote it no more. */
export function dropMessage(channelId: Snowflake, id: Snowflake): void {
  const key = keyOf(id);
  const raw = unwrap(store.messages);
  batch(() => {
    const now = timeline(channelId);
    if (now.keys.includes(key)) change(channelId, { keys: now.keys.filter((other) => other !== key) });
    for (const other of now.keys) {
      const answer = raw[other];
      if (answer?.message_reference?.message_id === id && answer.referenced_message)
        setStore('messages', other, 'referenced_message', null);
    }
    if (raw[key]) setStore('messages', key, 'gone', true);
    forgetMessages([key]);
  });
  keyById.delete(id);
}

/** After a gap in the dispatches everything shown may be out of date. */
export function markStale(): void {
  batch(() => {
    for (const [id, line] of Object.entries(store.timelines)) {
      if (line.loaded) setStore('timelines', id, 'stale', true);
      noteChange(id);
    }
  });
}

/** Give back memory of a channel that is no longer open, now and while it goes on unseen. */
export function trim(channelId: Snowflake): void {
  left.add(channelId);
  cut(channelId);
}

function cut(channelId: Snowflake): void {
  const now = timeline(channelId);
  if (now.keys.length <= KEPT || now.hasNewer) return;
  const gone = now.keys.slice(0, now.keys.length - KEPT).filter((key) => !isPending(key));
  batch(() => {
    change(channelId, { keys: now.keys.filter((key) => !gone.includes(key)), hasOlder: true });
    forgetMessages(gone);
  });
}
