/**
 * The wire objects that the client reads, as the community REST API and the gateway send them.
 *
 * Ids are snowflakes in strings; permission sets are decimal strings of a 64-bit set; times are ISO 8601.
 * Source: Discord API v10 objects, of which only the fields used here are named.
 */
export type Snowflake = string;

export interface User {
  id: Snowflake;
  username: string;
  global_name: string | null;
  avatar: string | null;
  bot?: boolean;
}

export interface OwnUser extends User {
  email?: string | null;
  bio?: string;
  is_administrator?: boolean;
  has_password?: boolean;
}

export interface Role {
  id: Snowflake;
  name: string;
  color: number;
  hoist: boolean;
  position: number;
  permissions: string;
  managed: boolean;
  mentionable: boolean;
}

export interface Member {
  user?: User;
  nick?: string | null;
  avatar?: string | null;
  roles: Snowflake[];
  joined_at: string;
  communication_disabled_until?: string | null;
}

export interface Emoji {
  id: Snowflake;
  name: string;
  animated?: boolean;
  available?: boolean;
  user?: User;
}

export interface PartialEmoji {
  id: Snowflake | null;
  name: string | null;
  animated?: boolean;
}

export interface Overwrite {
  id: Snowflake;
  /** 0 for a role, 1 for a member. */
  type: 0 | 1;
  allow: string;
  deny: string;
}

export enum ChannelType {
  Text = 0,
  DirectMessage = 1,
  Voice = 2,
  GroupDirectMessage = 3,
  Category = 4,
  Stage = 13,
}

export interface Channel {
  id: Snowflake;
  type: ChannelType;
  guild_id?: Snowflake;
  name?: string;
  topic?: string | null;
  position?: number;
  parent_id?: Snowflake | null;
  permission_overwrites?: Overwrite[];
  last_message_id?: Snowflake | null;
  last_pin_timestamp?: string | null;
  /** Seconds between two messages of one member; 0 is off. */
  rate_limit_per_user?: number;
  nsfw?: boolean;
  /** How many may be in a voice channel; 0 sets no limit. */
  user_limit?: number;
  /** Bits per second of one voice. */
  bitrate?: number;
  recipients?: User[];
}

/** Where a member is in voice, and what is muted. One per member and guild; `channel_id` null says that they left. */
export interface VoiceState {
  guild_id?: Snowflake;
  channel_id: Snowflake | null;
  user_id: Snowflake;
  member?: Member;
  session_id?: string;
  /** Deafened and muted by a moderator. */
  deaf: boolean;
  mute: boolean;
  self_deaf: boolean;
  self_mute: boolean;
  self_stream?: boolean;
  self_video: boolean;
  /** In a stage's audience: heard by nobody. */
  suppress: boolean;
  request_to_speak_timestamp?: string | null;
}

/** Where the media of a guild's voice is served. `endpoint` null: it went away, and another will be told. */
export interface VoiceServer {
  token: string;
  guild_id: Snowflake;
  endpoint: string | null;
}

export interface Guild {
  id: Snowflake;
  name: string;
  icon: string | null;
  owner_id: Snowflake;
  description?: string | null;
  system_channel_id?: Snowflake | null;
  default_message_notifications?: number;
  roles: Role[];
  emojis: Emoji[];
}

export type PresenceStatus = 'online' | 'idle' | 'dnd' | 'offline' | 'invisible';

export interface Presence {
  user: { id: Snowflake };
  guild_id?: Snowflake;
  status: PresenceStatus;
}

export interface GuildCreate extends Guild {
  unavailable?: boolean;
  member_count: number;
  members: Member[];
  channels: Channel[];
  presences: Presence[];
  voice_states?: VoiceState[];
}

export interface Attachment {
  id: Snowflake;
  filename: string;
  description?: string;
  content_type?: string;
  /** Bytes. */
  size: number;
  url: string;
  proxy_url: string;
  /** Pixels; pictures and videos only. */
  width?: number | null;
  height?: number | null;
  /** A thumbhash in base64. */
  placeholder?: string;
  placeholder_version?: number;
  duration_secs?: number;
  /** Of a voice message: loudness over time, a byte each, in base64. */
  waveform?: string;
  media?: AttachmentMedia;
}

/** What the server makes of a file; what is not named is not there. */
export interface AttachmentMedia {
  state: 'processing' | 'ready' | 'refused' | 'review';
  /** Of the work on it, in hundredths. */
  progress?: number;
  kind?: 'image' | 'animation' | 'video' | 'audio' | 'file';
  hls?: string;
  dash?: string;
  poster?: string;
  /** WebVTT that names pictures of moments. */
  sprite?: string;
  /** Why it is not kept as what it says it is. */
  refusal?: string;
}

export interface EmbedMedia {
  url?: string;
  proxy_url?: string;
  width?: number;
  height?: number;
}

export interface Embed {
  title?: string;
  type?: string;
  description?: string;
  url?: string;
  timestamp?: string;
  color?: number;
  footer?: { text: string; icon_url?: string };
  image?: EmbedMedia;
  thumbnail?: EmbedMedia;
  author?: { name: string; url?: string; icon_url?: string };
  provider?: { name?: string; url?: string };
  fields?: { name: string; value: string; inline?: boolean }[];
}

export interface Reaction {
  count: number;
  me: boolean;
  emoji: PartialEmoji;
}

export enum MessageType {
  Default = 0,
  PinNotice = 6,
  MemberJoin = 7,
  Reply = 19,
  Command = 20,
}

/** Bits of `Message.flags`. */
export const MessageFlag = { Ephemeral: 1 << 6, Loading: 1 << 7, VoiceMessage: 1 << 13 } as const;

export interface Message {
  id: Snowflake;
  channel_id: Snowflake;
  guild_id?: Snowflake;
  author: User;
  member?: Member;
  content: string;
  timestamp: string;
  edited_timestamp: string | null;
  mention_everyone: boolean;
  mentions: User[];
  mention_roles: Snowflake[];
  attachments: Attachment[];
  embeds: Embed[];
  reactions?: Reaction[];
  nonce?: string | number;
  pinned: boolean;
  type: MessageType;
  flags?: number;
  webhook_id?: Snowflake;
  application_id?: Snowflake;
  message_reference?: { message_id?: Snowflake; channel_id?: Snowflake; guild_id?: Snowflake };
  referenced_message?: Message | null;
  interaction_metadata?: { id: Snowflake; user: User; name?: string };
  interaction?: { id: Snowflake; name: string; user: User };
}

export interface Invite {
  code: string;
  guild?: { id: Snowflake; name: string; icon: string | null; description?: string | null };
  channel: { id: Snowflake; name: string; type: number } | null;
  inviter?: User;
  approximate_member_count?: number;
  approximate_presence_count?: number;
  expires_at?: string | null;
  uses?: number;
  max_uses?: number;
  /** Seconds; 0 never expires. */
  max_age?: number;
  created_at?: string;
}

export interface Ban {
  reason: string | null;
  user: User;
}

export interface ReadState {
  channel_id: Snowflake;
  last_message_id: Snowflake | null;
  mention_count: number;
}

export interface LoginSession {
  id: Snowflake;
  created_at: string;
  last_used_at?: string | null;
  user_agent?: string | null;
  ip?: string | null;
  current?: boolean;
}

export enum OptionType {
  Subcommand = 1,
  Group = 2,
  String = 3,
  Integer = 4,
  Boolean = 5,
  User = 6,
  Channel = 7,
  Role = 8,
  Mentionable = 9,
  Number = 10,
  Attachment = 11,
}

export interface CommandOption {
  type: OptionType;
  name: string;
  description: string;
  required?: boolean;
  choices?: { name: string; value: string | number }[];
  options?: CommandOption[];
  min_value?: number;
  max_value?: number;
}

export interface Command {
  id: Snowflake;
  application_id: Snowflake;
  guild_id?: Snowflake;
  type?: number;
  name: string;
  description: string;
  options?: CommandOption[];
  application?: { name: string; bot?: User };
}

export interface InteractionOption {
  name: string;
  type: OptionType;
  value?: string | number | boolean;
  options?: InteractionOption[];
}

export interface Profile {
  user: User;
  bio?: string | null;
  guild_member?: Member | null;
  member?: Member | null;
  mutual_guilds?: { id: Snowflake; nick?: string | null }[];
}

export interface Instance {
  name: string;
  version: string;
  registration: 'open' | 'invite' | 'closed';
  limits?: {
    upload_bytes?: number;
    message_length?: number;
    attachments?: number;
    [limit: string]: number | undefined;
  };
  features?: { voice?: boolean };
}

export interface ReadyEvent {
  user: OwnUser;
  session_id: string;
  resume_gateway_url?: string;
  guilds: (GuildCreate | { id: Snowflake; unavailable: boolean })[];
  private_channels: Channel[];
  read_states?: ReadState[];
  settings?: Record<string, unknown>;
  users?: User[];
  presences?: Presence[];
}
