import { produce } from 'solid-js/store';
import { channels } from '~/api/calls';
import type { Snowflake } from '~/api/wire';
import { setStore, store } from './store';

/** How long one TYPING_START counts, and how often we repeat ours while writing. */
const SHOWN_MS = 10_000;
const REPEAT_MS = 8_000;

export function noteTyping(channelId: Snowflake, userId: Snowflake): void {
  if (userId === store.me?.id) return;
  if (!store.typing[channelId]) setStore('typing', channelId, {});
  const until = Date.now() + SHOWN_MS;
  setStore('typing', channelId, userId, until);
  setTimeout(() => {
    if (store.typing[channelId]?.[userId] === until) stopTyping(channelId, userId);
  }, SHOWN_MS);
}

export function stopTyping(channelId: Snowflake, userId: Snowflake): void {
  if (store.typing[channelId]?.[userId]) {
    setStore(
      'typing',
      channelId,
      produce((users) => void delete users[userId]),
    );
  }
}

/** Who is typing in a channel now. */
export const typists = (channelId: Snowflake): Snowflake[] => Object.keys(store.typing[channelId] ?? {});

const told = new Map<Snowflake, number>();

/** Tell the others that we are writing, at most once per repeat. */
export function tellTyping(channelId: Snowflake): void {
  const now = Date.now();
  if (now - (told.get(channelId) ?? 0) < REPEAT_MS) return;
  told.set(channelId, now);
  void channels.typing(channelId).catch(() => undefined);
}

/** After sending, the next keystroke tells again at once. */
export const endTyping = (channelId: Snowflake): void => void told.delete(channelId);
