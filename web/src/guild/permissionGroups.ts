import { Bit, type BitName } from '~/api/permissions';
import { ChannelType } from '~/api/wire';

/** One heading of a permission list with its bits in reading order. */
export interface PermissionGroup {
  name: 'guild' | 'members' | 'text' | 'voice' | 'apps' | 'all';
  bits: readonly BitName[];
}

const VOICE: readonly BitName[] = [
  'CONNECT',
  'SPEAK',
  'STREAM',
  'USE_VAD',
  'REQUEST_TO_SPEAK',
  'PRIORITY_SPEAKER',
  'MUTE_MEMBERS',
  'DEAFEN_MEMBERS',
  'MOVE_MEMBERS',
  'SET_VOICE_CHANNEL_STATUS',
  'USE_SOUNDBOARD',
  'USE_EXTERNAL_SOUNDS',
];

/** Every bit there is; `apps` holds those that matter only to programs which ask for them. */
export const GUILD_GROUPS: readonly PermissionGroup[] = [
  {
    name: 'guild',
    bits: [
      'VIEW_CHANNEL',
      'MANAGE_CHANNELS',
      'MANAGE_ROLES',
      'CREATE_GUILD_EXPRESSIONS',
      'MANAGE_GUILD_EXPRESSIONS',
      'MANAGE_GUILD',
    ],
  },
  {
    name: 'members',
    bits: [
      'CREATE_INSTANT_INVITE',
      'CHANGE_NICKNAME',
      'MANAGE_NICKNAMES',
      'MODERATE_MEMBERS',
      'KICK_MEMBERS',
      'BAN_MEMBERS',
    ],
  },
  {
    name: 'text',
    bits: [
      'SEND_MESSAGES',
      'READ_MESSAGE_HISTORY',
      'ADD_REACTIONS',
      'ATTACH_FILES',
      'EMBED_LINKS',
      'USE_EXTERNAL_EMOJIS',
      'USE_APPLICATION_COMMANDS',
      'MENTION_EVERYONE',
      'PIN_MESSAGES',
      'MANAGE_MESSAGES',
      'BYPASS_SLOWMODE',
    ],
  },
  { name: 'voice', bits: VOICE },
  {
    name: 'apps',
    bits: [
      'VIEW_AUDIT_LOG',
      'VIEW_GUILD_INSIGHTS',
      'MANAGE_WEBHOOKS',
      'MANAGE_EVENTS',
      'CREATE_EVENTS',
      'CREATE_PUBLIC_THREADS',
      'CREATE_PRIVATE_THREADS',
      'SEND_MESSAGES_IN_THREADS',
      'MANAGE_THREADS',
      'SEND_TTS_MESSAGES',
      'SEND_VOICE_MESSAGES',
      'SEND_POLLS',
      'USE_EXTERNAL_STICKERS',
      'USE_EXTERNAL_APPS',
      'USE_EMBEDDED_ACTIVITIES',
      'VIEW_CREATOR_MONETIZATION_ANALYTICS',
    ],
  },
  { name: 'all', bits: ['ADMINISTRATOR'] },
];

const CHANNEL_GUILD: readonly BitName[] = ['VIEW_CHANNEL', 'MANAGE_CHANNELS', 'MANAGE_ROLES'];

/** The bits that mean something in a channel of `type`; a category holds them for all its channels. */
export function channelPermissionGroups(type: ChannelType): PermissionGroup[] {
  const groups: PermissionGroup[] = [
    { name: 'guild', bits: CHANNEL_GUILD },
    { name: 'members', bits: ['CREATE_INSTANT_INVITE'] },
  ];
  const voice = type === ChannelType.Voice || type === ChannelType.Stage;
  if (!voice) groups.push({ name: 'text', bits: GUILD_GROUPS.find((group) => group.name === 'text')?.bits ?? [] });
  if (voice || type === ChannelType.Category) groups.push({ name: 'voice', bits: VOICE });
  return groups;
}

/** Every bit with whether `permissions` has it. */
export const switchesOf = (permissions: bigint): Record<BitName, boolean> =>
  Object.fromEntries(Object.entries(Bit).map(([name, bit]) => [name, (permissions & bit) !== 0n])) as Record<
    BitName,
    boolean
  >;

/** The bits of `permissions` with those of `switches` set or taken. */
export const withSwitches = (permissions: bigint, switches: Partial<Record<BitName, boolean>>): bigint =>
  (Object.entries(switches) as [BitName, boolean][]).reduce((bits, [name, on]) => withBit(bits, name, on), permissions);

/** The bits of `permissions` with `name` set or taken. */
export const withBit = (permissions: bigint, name: BitName, on: boolean): bigint =>
  on ? permissions | Bit[name] : permissions & ~Bit[name];
