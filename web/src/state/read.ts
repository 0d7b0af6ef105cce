import { guilds, messages } from '~/api/calls';
import { compareIds } from '~/api/snowflake';
import type { Snowflake } from '~/api/wire';
import { readUpTo, textChannels } from './select';
import { setStore, store } from './store';

/** Reading on is told at most this often per channel. */
const TELL_AFTER_MS = 400;
const telling = new Set<Snowflake>();

/** Mark a channel read up to its newest message, here at once and on the server soon after. */
export function markRead(channelId: Snowflake): void {
  const last = store.channels[channelId]?.last_message_id;
  if (!last) return;
  const mentions = store.reads[channelId]?.mentionCount ?? 0;
  if (compareIds(last, readUpTo(channelId)) <= 0 && mentions === 0) return;
  setStore('reads', channelId, { lastMessageId: last, mentionCount: 0 });
  if (telling.has(channelId)) return;
  telling.add(channelId);
  setTimeout(() => {
    telling.delete(channelId);
    const read = store.reads[channelId]?.lastMessageId;
    if (read) void messages.ack(channelId, read).catch(() => undefined);
  }, TELL_AFTER_MS);
}

/** Mark every channel of a guild read. */
export async function markGuildRead(guildId: Snowflake): Promise<void> {
  for (const channel of textChannels(guildId)) {
    const last = channel.last_message_id;
    if (last) setStore('reads', channel.id, { lastMessageId: last, mentionCount: 0 });
  }
  await guilds.ack(guildId);
}
