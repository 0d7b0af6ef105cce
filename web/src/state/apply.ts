import { batch } from 'solid-js';
import { produce, reconcile } from 'solid-js/store';
import { compareIds } from '~/api/snowflake';
import type {
  Channel,
  Emoji,
  Guild,
  GuildCreate,
  Member,
  Message,
  OwnUser,
  PartialEmoji,
  Presence,
  ReadState,
  ReadyEvent,
  Role,
  Snowflake,
  User,
  VoiceState,
} from '~/api/wire';
import { learnMember, learnMessage, learnUser } from './learn';
import { announce } from './notify';
import { settleInteraction } from './interaction';
import { cancelSends, settleByNonce, takeBack } from './send';
import { mergeSettings } from './settings';
import { type GuildRecord, setStore, store } from './store';
import { dropMessage, keyOf, markStale, noteChange, receiveMessage } from './timeline';
import { noteTyping, stopTyping } from './typing';
import { putVoice, takeVoices } from './voice';

/** One handler per dispatch type; `applyDispatch` runs it in one batch, so the screen never shows half an event. */
type Handlers = Record<string, (data: never) => void>;

interface InGuild {
  guild_id: Snowflake;
}
interface ReactionEvent {
  channel_id: Snowflake;
  message_id: Snowflake;
  user_id: Snowflake;
  emoji: PartialEmoji;
}

/** What changes a message that is there already. */
const CHANGES = /^MESSAGE_(UPDATE|DELETE|REACTION)/;

export function applyDispatch(type: string, data: unknown): void {
  const handler = HANDLERS[type] as ((data: unknown) => void) | undefined;
  if (CHANGES.test(type)) noteChange((data as { channel_id: Snowflake }).channel_id);
  if (handler) batch(() => handler(data));
}

const HANDLERS: Handlers = {
  READY: (ready: ReadyEvent) => {
    markStale();
    setStore('me', ready.user);
    learnUser(ready.user);
    for (const user of ready.users ?? []) learnUser(user);
    const guildIds = new Set(ready.guilds.map((guild) => guild.id));
    for (const id of Object.keys(store.guilds)) if (!guildIds.has(id)) forgetGuild(id);
    const directs = new Set(ready.private_channels.map((channel) => channel.id));
    for (const channel of Object.values(store.channels)) {
      if (!channel.guild_id && !directs.has(channel.id)) forgetChannel(channel.id);
    }
    setStore('guildOrder', [...guildIds]);
    for (const guild of ready.guilds) if ('channels' in guild) takeGuild(guild);
    for (const channel of ready.private_channels) putChannel(channel);
    for (const presence of ready.presences ?? []) setStore('presences', presence.user.id, presence.status);
    if (ready.read_states) {
      const reads = ready.read_states.map((read) => [
        read.channel_id,
        { lastMessageId: read.last_message_id, mentionCount: read.mention_count },
      ]);
      setStore('reads', reconcile(Object.fromEntries(reads)));
    }
    if (ready.settings) mergeSettings(ready.settings);
    setStore('ready', true);
  },
  GUILD_CREATE: (guild: GuildCreate) => takeGuild(guild),
  GUILD_UPDATE: (guild: Guild) => {
    if (!store.guilds[guild.id]) return;
    setStore('guilds', guild.id, guildFields(guild));
    setStore('roles', guild.id, reconcile(Object.fromEntries(guild.roles.map((role) => [role.id, role]))));
  },
  GUILD_DELETE: (guild: { id: Snowflake; unavailable?: boolean }) => {
    if (guild.unavailable) setStore('unavailable', guild.id, true);
    else forgetGuild(guild.id);
  },
  GUILD_ROLE_CREATE: (event: InGuild & { role: Role }) => putRole(event.guild_id, event.role),
  GUILD_ROLE_UPDATE: (event: InGuild & { role: Role }) => putRole(event.guild_id, event.role),
  GUILD_ROLE_DELETE: (event: InGuild & { role_id: Snowflake }) => {
    setStore(
      'roles',
      event.guild_id,
      produce((roles) => void delete roles[event.role_id]),
    );
    setStore(
      'members',
      event.guild_id,
      produce((members) => {
        for (const member of Object.values(members ?? {}))
          member.roles = member.roles.filter((id) => id !== event.role_id);
      }),
    );
  },
  GUILD_EMOJIS_UPDATE: (event: InGuild & { emojis: Emoji[] }) => {
    if (store.guilds[event.guild_id]) setStore('guilds', event.guild_id, 'emojis', event.emojis);
  },
  GUILD_MEMBER_ADD: (member: Member & InGuild) => {
    learnMember(member.guild_id, member);
    if (store.guilds[member.guild_id]) setStore('guilds', member.guild_id, 'memberCount', (count) => count + 1);
  },
  GUILD_MEMBER_UPDATE: (member: Member & InGuild) => learnMember(member.guild_id, member),
  GUILD_MEMBER_REMOVE: (event: InGuild & { user: User }) => {
    if (!store.guilds[event.guild_id]) return;
    setStore(
      'members',
      event.guild_id,
      produce((members) => void delete members[event.user.id]),
    );
    setStore('guilds', event.guild_id, 'memberCount', (count) => Math.max(0, count - 1));
  },
  GUILD_MEMBERS_CHUNK: (event: InGuild & { members: Member[]; presences?: Presence[] }) => {
    for (const member of event.members) learnMember(event.guild_id, member);
    for (const presence of event.presences ?? []) setStore('presences', presence.user.id, presence.status);
  },
  CHANNEL_CREATE: (channel: Channel) => putChannel(channel),
  CHANNEL_UPDATE: (channel: Channel) => putChannel(channel),
  CHANNEL_DELETE: (channel: Channel) => forgetChannel(channel.id),
  CHANNEL_PINS_UPDATE: (event: { channel_id: Snowflake; last_pin_timestamp?: string | null }) => {
    if (store.channels[event.channel_id]) {
      setStore('channels', event.channel_id, 'last_pin_timestamp', event.last_pin_timestamp ?? null);
    }
  },
  MESSAGE_CREATE: (message: Message) => {
    if (takeBack(message)) return;
    settleByNonce(message);
    receiveMessage(message);
    stopTyping(message.channel_id, message.author.id);
    announce(message);
  },
  MESSAGE_UPDATE: (message: Message) => {
    const key = keyOf(message.id);
    if (!store.messages[key]) return;
    if (message.author) learnMessage(message);
    const { reactions: _, attachments, ...rest } = message;
    setStore(
      'messages',
      key,
      produce((entry) => Object.assign(entry, rest)),
    );
    // Files keep what shows them: a video plays on while the server tells that there is more of it.
    if (attachments) setStore('messages', key, 'attachments', reconcile(attachments, { key: 'id' }));
  },
  MESSAGE_DELETE: (event: { id: Snowflake; channel_id: Snowflake }) => dropMessage(event.channel_id, event.id),
  MESSAGE_DELETE_BULK: (event: { ids: Snowflake[]; channel_id: Snowflake }) => {
    for (const id of event.ids) dropMessage(event.channel_id, id);
  },
  MESSAGE_REACTION_ADD: (event: ReactionEvent & InGuild & { member?: Member }) => {
    if (event.guild_id && event.member) learnMember(event.guild_id, event.member, event.user_id);
    changeReaction(event.message_id, event.emoji, event.user_id, 1);
  },
  MESSAGE_REACTION_REMOVE: (event: ReactionEvent) => changeReaction(event.message_id, event.emoji, event.user_id, -1),
  MESSAGE_REACTION_REMOVE_ALL: (event: { message_id: Snowflake }) => clearReactions(event.message_id, null),
  MESSAGE_REACTION_REMOVE_EMOJI: (event: ReactionEvent) => clearReactions(event.message_id, event.emoji),
  TYPING_START: (event: { channel_id: Snowflake; user_id: Snowflake; guild_id?: Snowflake; member?: Member }) => {
    if (event.guild_id && event.member) learnMember(event.guild_id, event.member, event.user_id);
    noteTyping(event.channel_id, event.user_id);
  },
  VOICE_STATE_UPDATE: (voice: VoiceState) => {
    if (!voice.guild_id) return;
    if (voice.member) learnMember(voice.guild_id, voice.member, voice.user_id);
    putVoice(voice.guild_id, voice);
  },
  PRESENCE_UPDATE: (presence: Presence) => setStore('presences', presence.user.id, presence.status),
  USER_UPDATE: (user: OwnUser) => {
    if (user.id === store.me?.id) setStore('me', { ...store.me, ...user });
    learnUser(user);
  },
  READ_STATE_UPDATE: (read: ReadState) => {
    // What was read here since is still on its way to the server.
    const known = store.reads[read.channel_id]?.lastMessageId;
    if (known && compareIds(read.last_message_id ?? '0', known) < 0) return;
    setStore('reads', read.channel_id, { lastMessageId: read.last_message_id, mentionCount: read.mention_count });
  },
  USER_SETTINGS_UPDATE: (settings: Record<string, unknown>) => mergeSettings(settings),
  INTERACTION_SUCCESS: (event: { nonce?: string }) => settleInteraction(event.nonce, true),
  INTERACTION_FAILURE: (event: { nonce?: string }) => settleInteraction(event.nonce, false),
};

function guildFields(guild: Guild): Omit<GuildRecord, 'memberCount' | 'membersAsked'> {
  return {
    id: guild.id,
    name: guild.name,
    icon: guild.icon,
    ownerId: guild.owner_id,
    description: guild.description ?? null,
    systemChannelId: guild.system_channel_id ?? null,
    emojis: guild.emojis,
  };
}

function takeGuild(guild: GuildCreate): void {
  setStore(
    'unavailable',
    produce((table) => void delete table[guild.id]),
  );
  setStore('guilds', guild.id, { ...guildFields(guild), memberCount: guild.member_count, membersAsked: false });
  setStore('roles', guild.id, reconcile(Object.fromEntries(guild.roles.map((role) => [role.id, role]))));
  if (!store.members[guild.id]) setStore('members', guild.id, {});
  forgetAbsent(guild);
  for (const member of guild.members) learnMember(guild.id, member);
  for (const presence of guild.presences ?? []) setStore('presences', presence.user.id, presence.status);
  takeVoices(guild.id, guild.voice_states ?? []);
  const ids = new Set(guild.channels.map((channel) => channel.id));
  for (const channel of Object.values(store.channels)) {
    if (channel.guild_id === guild.id && !ids.has(channel.id)) forgetChannel(channel.id);
  }
  for (const channel of guild.channels) putChannel({ ...channel, guild_id: guild.id });
  if (!store.guildOrder.includes(guild.id)) setStore('guildOrder', (order) => [...order, guild.id]);
}

/** After a lost connection a guild is told anew, without those who went offline or left meanwhile. */
function forgetAbsent(guild: GuildCreate): void {
  const online = new Set(guild.presences?.map((presence) => presence.user.id));
  const listed = new Set(guild.members.map((member) => member.user?.id));
  const isWhole = guild.members.length >= guild.member_count;
  for (const id of Object.keys(store.members[guild.id] ?? {})) {
    if (!online.has(id) && store.presences[id]) setStore('presences', id, 'offline');
    if (isWhole && !listed.has(id)) {
      setStore(
        'members',
        guild.id,
        produce((members) => void delete members[id]),
      );
    }
  }
}

function putChannel(channel: Channel): void {
  for (const user of channel.recipients ?? []) learnUser(user);
  setStore('channels', channel.id, reconcile(channel));
}

/** How far it was read is kept: closed and hidden channels come back. */
function forgetChannel(id: Snowflake): void {
  cancelSends(id);
  const keys = store.timelines[id]?.keys ?? [];
  setStore(
    produce((whole) => {
      delete whole.channels[id];
      delete whole.timelines[id];
      for (const key of keys) delete whole.messages[key];
    }),
  );
}

function forgetGuild(id: Snowflake): void {
  for (const channel of Object.values(store.channels)) if (channel.guild_id === id) forgetChannel(channel.id);
  setStore(
    produce((whole) => {
      delete whole.guilds[id];
      delete whole.roles[id];
      delete whole.members[id];
      delete whole.voices[id];
      delete whole.unavailable[id];
      whole.guildOrder = whole.guildOrder.filter((other) => other !== id);
    }),
  );
}

function putRole(guildId: Snowflake, role: Role): void {
  if (store.roles[guildId]) setStore('roles', guildId, role.id, reconcile(role));
}

export const sameEmoji = (a: PartialEmoji, b: PartialEmoji): boolean =>
  a.id || b.id ? a.id === b.id : a.name === b.name;

/** Count one person's reaction in or out. Saying the same thing twice about oneself changes nothing. */
export function changeReaction(messageId: Snowflake, emoji: PartialEmoji, userId: Snowflake, by: 1 | -1): void {
  const key = keyOf(messageId);
  if (!store.messages[key]) return;
  const own = userId === store.me?.id;
  setStore(
    'messages',
    key,
    produce((entry) => {
      const list = entry.reactions ?? [];
      entry.reactions = list;
      const found = list.find((reaction) => sameEmoji(reaction.emoji, emoji));
      if (own && (found?.me ?? false) === (by === 1)) return;
      if (found) {
        found.count += by;
        if (own) found.me = by === 1;
        if (found.count <= 0) entry.reactions = list.filter((reaction) => reaction !== found);
      } else if (by === 1) {
        list.push({ emoji, count: 1, me: own });
      }
    }),
  );
}

function clearReactions(messageId: Snowflake, emoji: PartialEmoji | null): void {
  const key = keyOf(messageId);
  if (!store.messages[key]) return;
  setStore('messages', key, 'reactions', (list) =>
    emoji ? (list ?? []).filter((reaction) => !sameEmoji(reaction.emoji, emoji)) : [],
  );
}
