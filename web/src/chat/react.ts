import { messages } from '~/api/calls';
import type { PartialEmoji } from '~/api/wire';
import { changeReaction, sameEmoji } from '~/state/apply';
import { type MessageEntry, store } from '~/state/store';
import { toast } from '~/state/toast';

/** Add or take back one's own reaction, here at once; a refusal takes it back and says why. */
export async function toggleReaction(entry: MessageEntry, emoji: PartialEmoji, has: boolean): Promise<void> {
  const me = store.me?.id;
  if (!me) return;
  changeReaction(entry.id, emoji, me, has ? -1 : 1);
  try {
    if (has) await messages.unreact(entry.channel_id, entry.id, emoji);
    else await messages.react(entry.channel_id, entry.id, emoji);
  } catch (error) {
    changeReaction(entry.id, emoji, me, has ? 1 : -1);
    toast.error(error);
  }
}

/** Add one's own reaction unless it is there already. */
export async function react(entry: MessageEntry, emoji: PartialEmoji): Promise<void> {
  const mine = entry.reactions?.some((reaction) => reaction.me && sameEmoji(reaction.emoji, emoji));
  if (!mine) await toggleReaction(entry, emoji, false);
}
