import { createStore, reconcile } from 'solid-js/store';
import type {
  Channel,
  Emoji,
  Instance,
  Member,
  Message,
  OwnUser,
  PresenceStatus,
  Role,
  Snowflake,
  User,
  VoiceState,
} from '~/api/wire';
import type { State as ConnectionState } from '~/connection/machine';
import type { State as SendState } from '~/upload/machine';

/** A guild without what has a table of its own. */
export interface GuildRecord {
  id: Snowflake;
  name: string;
  icon: string | null;
  ownerId: Snowflake;
  description: string | null;
  systemChannelId: Snowflake | null;
  memberCount: number;
  emojis: Emoji[];
  /** Whether the whole member list was asked for since the connection came up. */
  membersAsked: boolean;
}

/** A member whose user lies in `users`. */
export type MemberRecord = Omit<Member, 'user'>;

/** A message as shown. `key` never changes, also when a pending message gets its real id. */
export interface MessageEntry extends Message {
  key: string;
  /** Set while the message is not yet accepted. */
  send?: SendState;
  /** Names and sizes of the files that travel with a pending message. */
  files?: { name: string; size: number; previewUrl: string | null; voice: boolean; description: string }[];
  /** Set when the message was taken out, for those who still hold it. */
  gone?: true;
}

/** What is known of one channel's messages: a contiguous run, oldest first. */
export interface Timeline {
  keys: string[];
  loaded: boolean;
  /** True after a gap in the gateway's dispatches: show it, but fetch anew. */
  stale: boolean;
  hasOlder: boolean;
  hasNewer: boolean;
  loading: 'none' | 'first' | 'older' | 'newer';
  problem: string | null;
}

export interface ReadRecord {
  lastMessageId: Snowflake | null;
  mentionCount: number;
}

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'cozy' | 'compact';

/** The person's settings, kept on the server so that they follow them. */
export interface Settings {
  theme: Theme;
  density: Density;
  locale: string | null;
  status: PresenceStatus;
  /** `muted` holds ids of guilds and channels that stay silent. */
  notifications: { desktop: boolean; title: boolean; muted: Snowflake[] };
  emojiTone: number;
  showMembers: boolean;
}

export interface Store {
  phase: 'starting' | 'signed-out' | 'signed-in';
  me: OwnUser | null;
  /** Whether READY arrived at least once since sign-in. */
  ready: boolean;
  connection: ConnectionState;
  instance: Instance | null;
  settings: Settings;
  guilds: Record<Snowflake, GuildRecord>;
  guildOrder: Snowflake[];
  unavailable: Record<Snowflake, true>;
  roles: Record<Snowflake, Record<Snowflake, Role>>;
  channels: Record<Snowflake, Channel>;
  users: Record<Snowflake, User>;
  members: Record<Snowflake, Record<Snowflake, MemberRecord>>;
  presences: Record<Snowflake, PresenceStatus>;
  /** Who is in voice, by guild and user. */
  voices: Record<Snowflake, Record<Snowflake, VoiceState>>;
  reads: Record<Snowflake, ReadRecord>;
  /** Unix milliseconds until which a user counts as typing, by channel and user. */
  typing: Record<Snowflake, Record<Snowflake, number>>;
  messages: Record<string, MessageEntry>;
  timelines: Record<Snowflake, Timeline>;
}

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  density: 'cozy',
  locale: null,
  status: 'online',
  notifications: { desktop: false, title: true, muted: [] },
  emojiTone: 0,
  showMembers: true,
};

const initial = (): Store => ({
  phase: 'starting',
  me: null,
  ready: false,
  connection: { name: 'idle' },
  instance: null,
  settings: structuredClone(DEFAULT_SETTINGS),
  guilds: {},
  guildOrder: [],
  unavailable: {},
  roles: {},
  channels: {},
  users: {},
  members: {},
  presences: {},
  voices: {},
  reads: {},
  typing: {},
  messages: {},
  timelines: {},
});

export const [store, setStore] = createStore<Store>(initial());

const forgetting: (() => void)[] = [];

/** Say what else goes with the person who was signed in: what a module keeps of them outside the store. */
export const onForget = (run: () => void): void => void forgetting.push(run);

/** Forget everything of the person who was signed in; what concerns the instance stays. */
export function forgetPerson(): void {
  for (const run of forgetting) run();
  setStore(reconcile({ ...initial(), phase: 'signed-out', instance: store.instance }));
}
