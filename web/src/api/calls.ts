import { request } from './client';
import type {
  Ban,
  Channel,
  Command,
  Emoji,
  Guild,
  Instance,
  InteractionOption,
  Invite,
  LoginSession,
  Member,
  Message,
  OwnUser,
  PartialEmoji,
  Profile,
  Role,
  Snowflake,
} from './wire';

/** Every REST call of the client, by resource. Paths are those of API v10 and of Hubbub's own additions. */

interface Account {
  user: OwnUser;
}

export const instance = {
  get: () => request<Instance>('GET', '/instance'),
};

export const auth = {
  register: (form: { username: string; password: string; display_name?: string; email?: string; invite?: string }) =>
    request<Account>('POST', '/auth/register', { body: form }),
  login: (login: string, password: string) => request<Account>('POST', '/auth/login', { body: { login, password } }),
  logout: () => request<void>('POST', '/auth/logout'),
  claim: (token: string) => request<Account>('POST', '/auth/claim', { body: { token } }),
  reset: (token: string, password: string) => request<void>('POST', '/auth/reset', { body: { token, password } }),
};

export const me = {
  get: (signal?: AbortSignal) => request<OwnUser>('GET', '/users/@me', signal ? { signal } : {}),
  edit: (change: {
    global_name?: string | null;
    avatar?: string | null;
    bio?: string;
    username?: string;
    email?: string | null;
    password?: string;
    current_password?: string;
  }) => request<OwnUser>('PATCH', '/users/@me', { body: change }),
  sessions: () => request<LoginSession[]>('GET', '/users/@me/sessions'),
  endSession: (id: Snowflake) => request<void>('DELETE', `/users/@me/sessions/${id}`),
  settings: () => request<Record<string, unknown>>('GET', '/users/@me/settings'),
  saveSettings: (change: object) => request<Record<string, unknown>>('PATCH', '/users/@me/settings', { body: change }),
  openDirect: (userId: Snowflake) =>
    request<Channel>('POST', '/users/@me/channels', { body: { recipient_id: userId } }),
  leaveGuild: (guildId: Snowflake) => request<void>('DELETE', `/users/@me/guilds/${guildId}`),
};

export const users = {
  profile: (userId: Snowflake, guildId?: Snowflake) =>
    request<Profile>('GET', `/users/${userId}/profile`, { query: { guild_id: guildId } }),
};

export type GuildChange = Partial<{
  name: string;
  icon: string | null;
  description: string | null;
  system_channel_id: Snowflake | null;
}>;

export type RoleChange = Partial<Pick<Role, 'name' | 'color' | 'hoist' | 'mentionable' | 'permissions'>>;

export type ChannelChange = Partial<
  Pick<
    Channel,
    | 'name'
    | 'type'
    | 'topic'
    | 'parent_id'
    | 'position'
    | 'rate_limit_per_user'
    | 'permission_overwrites'
    | 'user_limit'
    | 'bitrate'
  >
>;

export type MemberChange = Partial<{
  nick: string | null;
  roles: Snowflake[];
  communication_disabled_until: string | null;
  mute: boolean;
  deaf: boolean;
  /** Another voice channel, or null: none. */
  channel_id: Snowflake | null;
}>;

export const guilds = {
  create: (name: string, icon?: string) =>
    request<Guild>('POST', '/guilds', { body: icon ? { name, icon } : { name } }),
  edit: (id: Snowflake, change: GuildChange) => request<Guild>('PATCH', `/guilds/${id}`, { body: change }),
  remove: (id: Snowflake) => request<void>('DELETE', `/guilds/${id}`),
  ack: (id: Snowflake) => request<void>('POST', `/guilds/${id}/ack`),
  commands: (id: Snowflake) => request<Command[]>('GET', `/guilds/${id}/application-commands`),
  invites: (id: Snowflake) => request<Invite[]>('GET', `/guilds/${id}/invites`),

  createChannel: (id: Snowflake, form: ChannelChange) =>
    request<Channel>('POST', `/guilds/${id}/channels`, { body: form }),
  moveChannels: (id: Snowflake, moves: { id: Snowflake; position: number; parent_id?: Snowflake | null }[]) =>
    request<void>('PATCH', `/guilds/${id}/channels`, { body: moves }),

  createRole: (id: Snowflake, form: RoleChange) => request<Role>('POST', `/guilds/${id}/roles`, { body: form }),
  editRole: (id: Snowflake, roleId: Snowflake, change: RoleChange) =>
    request<Role>('PATCH', `/guilds/${id}/roles/${roleId}`, { body: change }),
  moveRoles: (id: Snowflake, moves: { id: Snowflake; position: number }[]) =>
    request<Role[]>('PATCH', `/guilds/${id}/roles`, { body: moves }),
  removeRole: (id: Snowflake, roleId: Snowflake) => request<void>('DELETE', `/guilds/${id}/roles/${roleId}`),

  members: (id: Snowflake, after?: Snowflake) =>
    request<Member[]>('GET', `/guilds/${id}/members`, { query: { limit: 100, after } }),
  editMember: (id: Snowflake, userId: Snowflake, change: MemberChange) =>
    request<Member>('PATCH', `/guilds/${id}/members/${userId}`, { body: change }),
  editOwnNick: (id: Snowflake, nick: string | null) =>
    request<Member>('PATCH', `/guilds/${id}/members/@me`, { body: { nick } }),
  kick: (id: Snowflake, userId: Snowflake) => request<void>('DELETE', `/guilds/${id}/members/${userId}`),
  bans: (id: Snowflake) => request<Ban[]>('GET', `/guilds/${id}/bans`),
  ban: (id: Snowflake, userId: Snowflake, deleteSeconds: number) =>
    request<void>('PUT', `/guilds/${id}/bans/${userId}`, { body: { delete_message_seconds: deleteSeconds } }),
  unban: (id: Snowflake, userId: Snowflake) => request<void>('DELETE', `/guilds/${id}/bans/${userId}`),

  /** On a stage: who speaks, and who asks to; `@me` is the person. */
  editVoice: (
    id: Snowflake,
    userId: Snowflake | '@me',
    change: { channel_id: Snowflake; suppress?: boolean; request_to_speak_timestamp?: string | null },
  ) => request<void>('PATCH', `/guilds/${id}/voice-states/${userId}`, { body: change }),

  createEmoji: (id: Snowflake, name: string, image: string) =>
    request<Emoji>('POST', `/guilds/${id}/emojis`, { body: { name, image, roles: [] } }),
  renameEmoji: (id: Snowflake, emojiId: Snowflake, name: string) =>
    request<Emoji>('PATCH', `/guilds/${id}/emojis/${emojiId}`, { body: { name } }),
  removeEmoji: (id: Snowflake, emojiId: Snowflake) => request<void>('DELETE', `/guilds/${id}/emojis/${emojiId}`),
};

export const channels = {
  edit: (id: Snowflake, change: ChannelChange) => request<Channel>('PATCH', `/channels/${id}`, { body: change }),
  /** Deletes a guild's channel; closes a direct message. */
  remove: (id: Snowflake) => request<void>('DELETE', `/channels/${id}`),
  setOverwrite: (id: Snowflake, targetId: Snowflake, overwrite: { type: 0 | 1; allow: string; deny: string }) =>
    request<void>('PUT', `/channels/${id}/permissions/${targetId}`, { body: overwrite }),
  removeOverwrite: (id: Snowflake, targetId: Snowflake) =>
    request<void>('DELETE', `/channels/${id}/permissions/${targetId}`),
  invite: (id: Snowflake, form: { max_age: number; max_uses: number }) =>
    request<Invite>('POST', `/channels/${id}/invites`, { body: { ...form, unique: form.max_uses > 0 } }),
  typing: (id: Snowflake) => request<void>('POST', `/channels/${id}/typing`),
};

export const invites = {
  get: (code: string) =>
    request<Invite>('GET', `/invites/${encodeURIComponent(code)}`, { query: { with_counts: 'true' } }),
  accept: (code: string) => request<Invite>('POST', `/invites/${encodeURIComponent(code)}`, { body: {} }),
  remove: (code: string) => request<void>('DELETE', `/invites/${encodeURIComponent(code)}`),
};

/** How a reaction's emoji is written in a path: the character itself, or `name:id`. */
export const reactionPath = (emoji: PartialEmoji): string =>
  encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : (emoji.name ?? ''));

const message = (channelId: Snowflake, messageId: Snowflake) => `/channels/${channelId}/messages/${messageId}`;

export const messages = {
  page: (channelId: Snowflake, place: { before?: string; after?: string; around?: string }, limit = 50) =>
    request<Message[]>('GET', `/channels/${channelId}/messages`, { query: { limit, ...place } }),
  edit: (channelId: Snowflake, id: Snowflake, content: string) =>
    request<Message>('PATCH', message(channelId, id), { body: { content } }),
  /** Say anew what files show; all of a message's files are named, because the others would be removed. */
  describe: (channelId: Snowflake, id: Snowflake, files: readonly { id: Snowflake; description?: string }[]) =>
    request<Message>('PATCH', message(channelId, id), { body: { attachments: files } }),
  remove: (channelId: Snowflake, id: Snowflake) => request<void>('DELETE', message(channelId, id)),
  ack: (channelId: Snowflake, id: Snowflake) => request<void>('POST', `${message(channelId, id)}/ack`, { body: {} }),
  react: (channelId: Snowflake, id: Snowflake, emoji: PartialEmoji) =>
    request<void>('PUT', `${message(channelId, id)}/reactions/${reactionPath(emoji)}/@me`),
  unreact: (channelId: Snowflake, id: Snowflake, emoji: PartialEmoji) =>
    request<void>('DELETE', `${message(channelId, id)}/reactions/${reactionPath(emoji)}/@me`),
  reactors: (channelId: Snowflake, id: Snowflake, emoji: PartialEmoji) =>
    request<import('./wire').User[]>('GET', `${message(channelId, id)}/reactions/${reactionPath(emoji)}`),
  pins: (channelId: Snowflake) => request<Message[]>('GET', `/channels/${channelId}/pins`),
  pin: (channelId: Snowflake, id: Snowflake) => request<void>('PUT', `/channels/${channelId}/pins/${id}`),
  unpin: (channelId: Snowflake, id: Snowflake) => request<void>('DELETE', `/channels/${channelId}/pins/${id}`),
};

export const attachments = {
  /** Ask for an address to send a file to, and for the name by which a message may carry it. */
  begin: (channelId: Snowflake, filename: string, size: number) =>
    request<{ attachments: { id: number | string; upload_url: string; upload_filename: string }[] }>(
      'POST',
      `/channels/${channelId}/attachments`,
      { body: { files: [{ id: '0', filename, file_size: size }] } },
    ),
  refresh: (urls: string[]) =>
    request<{ refreshed_urls: { original: string; refreshed: string | null }[] }>('POST', '/attachments/refresh-urls', {
      body: { attachment_urls: urls },
    }),
};

export const interactions = {
  invoke: (form: {
    application_id: Snowflake;
    guild_id: Snowflake;
    channel_id: Snowflake;
    command_id: Snowflake;
    options: InteractionOption[];
    nonce: string;
  }) => request<void>('POST', '/interactions', { body: form }),
};
