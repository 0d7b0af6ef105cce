import { basePermissions, Bit, type BitName, channelPermissions, type Standing } from '~/api/permissions';
import { compareIds, idAt } from '~/api/snowflake';
import { type Channel, ChannelType, type Role, type Snowflake, type User } from '~/api/wire';
import { isAhead } from './clock';
import { isMuted } from './mute';
import { isDark, readableColor } from './color';
import { store } from './store';

/** Every reader here is reactive: call it inside a component or memo. */

const standing = (guildId: Snowflake): Standing => {
  const userId = store.me?.id ?? '';
  const member = store.members[guildId]?.[userId];
  const until = member?.communication_disabled_until;
  return {
    guildId,
    userId,
    isOwner: store.guilds[guildId]?.ownerId === userId,
    roleIds: member?.roles ?? [],
    isTimedOut: until != null && isAhead(Date.parse(until)),
  };
};

/** The person's permissions in a guild. */
export function guildPermissions(guildId: Snowflake): bigint {
  return basePermissions(standing(guildId), store.roles[guildId] ?? {});
}

/** The person's permissions in a channel; in direct messages, what both sides may do. */
export function permissionsIn(channelId: Snowflake): bigint {
  const channel = store.channels[channelId];
  if (!channel) return 0n;
  if (!channel.guild_id) return DIRECT;
  return channelPermissions(
    standing(channel.guild_id),
    guildPermissions(channel.guild_id),
    channel.permission_overwrites ?? [],
  );
}
const DIRECT =
  Bit.VIEW_CHANNEL |
  Bit.SEND_MESSAGES |
  Bit.ATTACH_FILES |
  Bit.EMBED_LINKS |
  Bit.ADD_REACTIONS |
  Bit.READ_MESSAGE_HISTORY |
  Bit.USE_EXTERNAL_EMOJIS |
  Bit.PIN_MESSAGES;

export const canIn = (channelId: Snowflake, bit: BitName): boolean => (permissionsIn(channelId) & Bit[bit]) !== 0n;
export const canInGuild = (guildId: Snowflake, bit: BitName): boolean => (guildPermissions(guildId) & Bit[bit]) !== 0n;

/** A channel group of the sidebar: channels without a category come first, under no heading. */
export interface ChannelGroup {
  category: Channel | null;
  channels: Channel[];
}

const byPosition = (a: Channel, b: Channel): number =>
  Number(isVoice(a)) - Number(isVoice(b)) || (a.position ?? 0) - (b.position ?? 0) || compareIds(a.id, b.id);

export const isVoice = (channel: Channel): boolean =>
  channel.type === ChannelType.Voice || channel.type === ChannelType.Stage;

/** The guild's channels that the person may see, in the order of the sidebar. */
export function channelGroups(guildId: Snowflake): ChannelGroup[] {
  const all = Object.values(store.channels).filter((channel) => channel.guild_id === guildId);
  const seen = all.filter((channel) => channel.type !== ChannelType.Category && canIn(channel.id, 'VIEW_CHANNEL'));
  const managing = canInGuild(guildId, 'MANAGE_CHANNELS');
  const categories = all.filter((channel) => channel.type === ChannelType.Category).sort(byPosition);
  const groups: ChannelGroup[] = [];
  const loose = seen.filter((channel) => !categories.some((category) => category.id === channel.parent_id));
  if (loose.length > 0) groups.push({ category: null, channels: loose.sort(byPosition) });
  for (const category of categories) {
    const channels = seen.filter((channel) => channel.parent_id === category.id).sort(byPosition);
    if (channels.length > 0 || managing) groups.push({ category, channels });
  }
  return groups;
}

/** Text channels of a guild in sidebar order. */
export function textChannels(guildId: Snowflake): Channel[] {
  return channelGroups(guildId).flatMap((group) =>
    group.channels.filter((channel) => channel.type === ChannelType.Text),
  );
}

/** Voice channels and stages of a guild in sidebar order. */
export function voiceChannels(guildId: Snowflake): Channel[] {
  return channelGroups(guildId).flatMap((group) => group.channels.filter(isVoice));
}

/** Direct messages, the latest first. */
export function directChannels(): Channel[] {
  return Object.values(store.channels)
    .filter((channel) => channel.type === ChannelType.DirectMessage || channel.type === ChannelType.GroupDirectMessage)
    .sort((a, b) => compareIds(b.last_message_id ?? b.id, a.last_message_id ?? a.id));
}

/** The id up to which the person has read a channel: what they read, else when they came. */
export function readUpTo(channelId: Snowflake): Snowflake {
  const read = store.reads[channelId]?.lastMessageId;
  if (read) return read;
  const guildId = store.channels[channelId]?.guild_id;
  const joined = guildId && store.me ? store.members[guildId]?.[store.me.id]?.joined_at : undefined;
  return joined ? idAt(Date.parse(joined)) : '0';
}

export function isUnread(channelId: Snowflake): boolean {
  const last = store.channels[channelId]?.last_message_id;
  return last != null && compareIds(last, readUpTo(channelId)) > 0;
}

export const mentionCount = (channelId: Snowflake): number => store.reads[channelId]?.mentionCount ?? 0;

/** Whether a guild has unread channels, and how many mentions wait there. */
export function guildMarks(guildId: Snowflake): { unread: boolean; mentions: number } {
  let unread = false;
  let mentions = 0;
  for (const channel of textChannels(guildId)) {
    unread ||= isUnread(channel.id) && !isMuted(channel.id);
    mentions += mentionCount(channel.id);
  }
  return { unread, mentions };
}

/** The name under which a user is shown in a guild (or anywhere, without one). */
export function displayName(user: User | undefined, guildId?: Snowflake | null): string {
  if (!user) return '…';
  const nick = guildId ? store.members[guildId]?.[user.id]?.nick : null;
  return nick || user.global_name || user.username;
}

export function channelName(channel: Channel | undefined): string {
  if (!channel) return '';
  if (channel.guild_id) return channel.name ?? '';
  return channel.name || (channel.recipients ?? []).map((user) => displayName(store.users[user.id] ?? user)).join(', ');
}

export function sortedRoles(guildId: Snowflake): Role[] {
  return Object.values(store.roles[guildId] ?? {}).sort((a, b) => b.position - a.position || compareIds(a.id, b.id));
}

/** The colour of a member's highest coloured role as a CSS colour, or null. */
export function nameColor(guildId: Snowflake | null | undefined, userId: Snowflake): string | null {
  if (!guildId) return null;
  const roles = store.roles[guildId] ?? {};
  let best: Role | undefined;
  for (const id of store.members[guildId]?.[userId]?.roles ?? []) {
    const role = roles[id];
    if (role && role.color !== 0 && (!best || role.position > best.position)) best = role;
  }
  return best ? readableColor(best.color, isDark()) : null;
}

export const hexColor = (color: number): string => `#${color.toString(16).padStart(6, '0')}`;

/** The position of a member's highest role; the owner stands above all. */
export function rank(guildId: Snowflake, userId: Snowflake): number {
  if (store.guilds[guildId]?.ownerId === userId) return Number.POSITIVE_INFINITY;
  const roles = store.roles[guildId] ?? {};
  return Math.max(0, ...(store.members[guildId]?.[userId]?.roles ?? []).map((id) => roles[id]?.position ?? 0));
}
