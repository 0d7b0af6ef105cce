import type { Overwrite, Role, Snowflake } from './wire';
import { ChannelType } from './wire';

/** Permission bits by the API's name. */
export const Bit = {
  CREATE_INSTANT_INVITE: 1n << 0n,
  KICK_MEMBERS: 1n << 1n,
  BAN_MEMBERS: 1n << 2n,
  ADMINISTRATOR: 1n << 3n,
  MANAGE_CHANNELS: 1n << 4n,
  MANAGE_GUILD: 1n << 5n,
  ADD_REACTIONS: 1n << 6n,
  VIEW_AUDIT_LOG: 1n << 7n,
  PRIORITY_SPEAKER: 1n << 8n,
  STREAM: 1n << 9n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  SEND_TTS_MESSAGES: 1n << 12n,
  MANAGE_MESSAGES: 1n << 13n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MENTION_EVERYONE: 1n << 17n,
  USE_EXTERNAL_EMOJIS: 1n << 18n,
  VIEW_GUILD_INSIGHTS: 1n << 19n,
  CONNECT: 1n << 20n,
  SPEAK: 1n << 21n,
  MUTE_MEMBERS: 1n << 22n,
  DEAFEN_MEMBERS: 1n << 23n,
  MOVE_MEMBERS: 1n << 24n,
  USE_VAD: 1n << 25n,
  CHANGE_NICKNAME: 1n << 26n,
  MANAGE_NICKNAMES: 1n << 27n,
  MANAGE_ROLES: 1n << 28n,
  MANAGE_WEBHOOKS: 1n << 29n,
  MANAGE_GUILD_EXPRESSIONS: 1n << 30n,
  USE_APPLICATION_COMMANDS: 1n << 31n,
  REQUEST_TO_SPEAK: 1n << 32n,
  MANAGE_EVENTS: 1n << 33n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  CREATE_PRIVATE_THREADS: 1n << 36n,
  USE_EXTERNAL_STICKERS: 1n << 37n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
  USE_EMBEDDED_ACTIVITIES: 1n << 39n,
  MODERATE_MEMBERS: 1n << 40n,
  VIEW_CREATOR_MONETIZATION_ANALYTICS: 1n << 41n,
  USE_SOUNDBOARD: 1n << 42n,
  CREATE_GUILD_EXPRESSIONS: 1n << 43n,
  CREATE_EVENTS: 1n << 44n,
  USE_EXTERNAL_SOUNDS: 1n << 45n,
  SEND_VOICE_MESSAGES: 1n << 46n,
  SET_VOICE_CHANNEL_STATUS: 1n << 48n,
  SEND_POLLS: 1n << 49n,
  USE_EXTERNAL_APPS: 1n << 50n,
  PIN_MESSAGES: 1n << 51n,
  BYPASS_SLOWMODE: 1n << 52n,
} as const;
export type BitName = keyof typeof Bit;

/** Every bit there may be: what the owner and administrators hold. */
export const ALL = (1n << 53n) - 1n;

const KEPT_IN_TIMEOUT = Bit.VIEW_CHANNEL | Bit.READ_MESSAGE_HISTORY;
const NEEDS_SEND = Bit.MENTION_EVERYONE | Bit.EMBED_LINKS | Bit.ATTACH_FILES;

/** Who is asking, in one guild. */
export interface Standing {
  guildId: Snowflake;
  userId: Snowflake;
  isOwner: boolean;
  roleIds: readonly Snowflake[];
  isTimedOut: boolean;
}

/** Permissions in the guild before any channel's overwrites, the timeout not yet applied. */
export function basePermissions(standing: Standing, roles: Readonly<Record<Snowflake, Role>>): bigint {
  if (standing.isOwner) return ALL;
  let bits = BigInt(roles[standing.guildId]?.permissions ?? '0');
  for (const id of standing.roleIds) bits |= BigInt(roles[id]?.permissions ?? '0');
  return bits & Bit.ADMINISTRATOR ? ALL : bits;
}

/** Permissions in one channel: everyone, roles, own overwrite, timeout, in that order. */
export function channelPermissions(standing: Standing, base: bigint, overwrites: readonly Overwrite[]): bigint {
  if (base & Bit.ADMINISTRATOR) return base;
  let everyone: Overwrite | undefined;
  let own: Overwrite | undefined;
  let allow = 0n;
  let deny = 0n;
  for (const overwrite of overwrites) {
    if (overwrite.type === 1) {
      if (overwrite.id === standing.userId) own = overwrite;
    } else if (overwrite.id === standing.guildId) {
      everyone = overwrite;
    } else if (standing.roleIds.includes(overwrite.id)) {
      allow |= BigInt(overwrite.allow);
      deny |= BigInt(overwrite.deny);
    }
  }
  let bits = base;
  if (everyone) bits = (bits & ~BigInt(everyone.deny)) | BigInt(everyone.allow);
  bits = (bits & ~deny) | allow;
  if (own) bits = (bits & ~BigInt(own.deny)) | BigInt(own.allow);
  if (standing.isTimedOut) bits &= KEPT_IN_TIMEOUT;
  if (!(bits & Bit.SEND_MESSAGES)) bits &= ~NEEDS_SEND;
  return bits & Bit.VIEW_CHANNEL ? bits : 0n;
}

/** Whether messages can be read and written in channels of this type. */
export function isTextual(type: ChannelType): boolean {
  return type === ChannelType.Text || type === ChannelType.DirectMessage || type === ChannelType.GroupDirectMessage;
}
