import { compareIds } from '~/api/snowflake';
import { ChannelType, type Message, MessageFlag, type Snowflake } from '~/api/wire';
import { t } from '~/text';
import { isMuted } from './mute';
import { channelName, directChannels, displayName, guildMarks, mentionCount, readUpTo } from './select';
import { setStore, store } from './store';

/** The channel on screen, where nothing needs announcing while the window has the focus. */
let watched: Snowflake | null = null;
let open: ((channelId: Snowflake) => void) | null = null;

export const watchChannel = (channelId: Snowflake | null): void => void (watched = channelId);
export const isWatched = (channelId: Snowflake): boolean => watched === channelId && document.hasFocus();
/** Say what a click on a notification does. */
export const onNotificationClick = (run: (channelId: Snowflake) => void): void => void (open = run);

/** Whether a message calls for the person: a direct message, or a mention of them, their roles or everyone. */
export function concernsMe(message: Message): boolean {
  const me = store.me;
  if (!me || message.author.id === me.id || ((message.flags ?? 0) & MessageFlag.Ephemeral) !== 0) return false;
  const channel = store.channels[message.channel_id];
  if (!channel) return false;
  if (channel.type === ChannelType.DirectMessage || channel.type === ChannelType.GroupDirectMessage) return true;
  if (message.mention_everyone || message.mentions.some((user) => user.id === me.id)) return true;
  const roles = channel.guild_id ? (store.members[channel.guild_id]?.[me.id]?.roles ?? []) : [];
  return message.mention_roles.some((id) => roles.includes(id));
}

/** Count a message that just arrived as a mention, and show it outside the page if that is wanted. */
export function announce(message: Message): void {
  const { me } = store;
  if (!me) return;
  if (message.author.id === me.id) {
    setStore('reads', message.channel_id, { lastMessageId: message.id, mentionCount: 0 });
    return;
  }
  if (!concernsMe(message)) return;
  if (compareIds(message.id, readUpTo(message.channel_id)) <= 0) return;
  const counted = store.reads[message.channel_id];
  setStore('reads', message.channel_id, {
    lastMessageId: counted?.lastMessageId ?? null,
    mentionCount: (counted?.mentionCount ?? 0) + 1,
  });
  if (isWatched(message.channel_id) || isMuted(message.channel_id)) return;
  if (!store.settings.notifications.desktop || store.settings.status === 'dnd') return;
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const channel = store.channels[message.channel_id];
  const from = displayName(message.author, channel?.guild_id);
  const notification = new Notification(
    channel?.guild_id ? t('notify.inChannel', { name: from, channel: channelName(channel) }) : from,
    { body: message.content || t('notify.attachment'), tag: message.channel_id },
  );
  notification.onclick = () => {
    window.focus();
    open?.(message.channel_id);
    notification.close();
  };
}

/** How many mentions and direct messages wait, for the title badge. */
export function waitingCount(): number {
  let count = 0;
  for (const id of store.guildOrder) count += guildMarks(id).mentions;
  for (const channel of directChannels()) count += mentionCount(channel.id);
  return count;
}
