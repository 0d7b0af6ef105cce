/**
 * The life of a call as a pure transition table.
 *
 * `step(state, input, chance)` returns the next state and the effects to perform; it owns no socket, no device and no
 * clock. The executor performs the effects in order and feeds every outcome back as an input. A call asks the gateway
 * for a place, is told a media server with a token, and connects to it; the media client mends short cuts by itself,
 * and what it gives up is asked for anew until the person leaves.
 */

/** A voice channel. */
export interface Place {
  readonly guildId: string;
  readonly channelId: string;
}

/** Where the media is served, and what lets one in. */
export interface Server {
  readonly endpoint: string;
  readonly token: string;
}

/** Why a call is over, or never came about; each has its sentence. */
export type Problem =
  /** The gateway did not answer a wish to join. */
  | 'unanswered'
  /** The media server cannot be reached. */
  | 'unreachable'
  /** The media server does not let the person in. */
  | 'refused'
  | 'full'
  /** A moderator took the person out. */
  | 'removed'
  /** The same account joined from another device or window. */
  | 'elsewhere'
  /** The browser has no WebRTC, or the page is not served over HTTPS. */
  | 'unsupported';

export type State =
  | { readonly name: 'idle' }
  | { readonly name: 'asking'; readonly place: Place; readonly tries: number; readonly joined: boolean }
  | {
      readonly name: 'connecting';
      readonly place: Place;
      readonly server: Server;
      readonly tries: number;
      readonly joined: boolean;
    }
  | { readonly name: 'connected'; readonly place: Place; readonly server: Server }
  | { readonly name: 'restoring'; readonly place: Place; readonly server: Server }
  | {
      readonly name: 'waiting';
      readonly place: Place;
      readonly tries: number;
      readonly delayMs: number;
      readonly joined: boolean;
    }
  /** The media server took the person out; the gateway is about to say whether they were moved. */
  | { readonly name: 'parting'; readonly place: Place }
  | { readonly name: 'failed'; readonly place: Place; readonly problem: Problem };

export type Input =
  | { readonly name: 'join'; readonly place: Place }
  | { readonly name: 'leave' }
  /** What is muted, filmed or shared changed. */
  | { readonly name: 'flags-changed' }
  /** The gateway says where the person is; `mine` is false when another session of theirs is. */
  | { readonly name: 'placed'; readonly place: Place | null; readonly mine: boolean }
  | { readonly name: 'server-told'; readonly guildId: string; readonly server: Server | null }
  | { readonly name: 'patience-over' }
  | { readonly name: 'room-open' }
  | { readonly name: 'room-refused'; readonly problem: Problem; readonly again: boolean }
  | { readonly name: 'room-restoring' }
  | { readonly name: 'room-restored' }
  | { readonly name: 'room-closed'; readonly reason: 'lost' | 'removed' | 'elsewhere' }
  | { readonly name: 'retry-due' }
  /** The gateway is connected; `anew` says that it forgot the session before. */
  | { readonly name: 'gateway-ready'; readonly anew: boolean };

export type Sound = 'joined' | 'left' | 'lost';

export type Effect =
  /** Tell the gateway where the person wants to be, with what is muted. */
  | { readonly name: 'tell'; readonly guildId: string; readonly channelId: string | null }
  | { readonly name: 'open-room'; readonly server: Server }
  | { readonly name: 'close-room' }
  | { readonly name: 'start-patience'; readonly delayMs: number }
  | { readonly name: 'stop-patience' }
  | { readonly name: 'start-retry'; readonly delayMs: number }
  | { readonly name: 'stop-retry' }
  | { readonly name: 'sound'; readonly sound: Sound }
  /** The call is over: let go of microphone, camera and screen. */
  | { readonly name: 'release' };

export type Step = readonly [State, readonly Effect[]];

export const IDLE: State = { name: 'idle' };

/** How long the gateway may take to tell a media server. Ten times what a busy server needs. */
const PATIENCE_MS = 6_000;
/** How long the gateway may take to say why the media server took the person out. */
const PARTING_MS = 2_000;
/** How often a first join is tried before it is given up. */
const FIRST_TRIES = 3;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 10_000;

/** Delay in ms before try number `tries` (from 0): doubling, capped, with up to half taken off by `chance`. */
export function retryDelay(tries: number, chance: number): number {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(tries, 10));
  return Math.round(full * (1 - chance / 2));
}

/** The channel of the call, if there is one or was one that failed. */
export const placeOf = (state: State): Place | null => (state.name === 'idle' ? null : state.place);

/** Whether the person counts as being in a call. */
export const isIn = (state: State): boolean => state.name !== 'idle' && state.name !== 'failed';

type Row<N extends State['name']> = {
  readonly [I in Input['name']]?: (
    state: Extract<State, { name: N }>,
    input: Extract<Input, { name: I }>,
    chance: number,
  ) => Step;
};
type Table = { readonly [N in State['name']]: Row<N> };
type InCall = Exclude<State, { name: 'idle' } | { name: 'failed' }>;

const samePlace = (a: Place, b: Place): boolean => a.guildId === b.guildId && a.channelId === b.channelId;

const tell = (place: Place): Effect => ({ name: 'tell', guildId: place.guildId, channelId: place.channelId });
const untell = (place: Place): Effect => ({ name: 'tell', guildId: place.guildId, channelId: null });

const STOP: readonly Effect[] = [{ name: 'stop-patience' }, { name: 'stop-retry' }];
const PATIENCE: Effect = { name: 'start-patience', delayMs: PATIENCE_MS };

const ask = (place: Place, tries: number, joined: boolean): Step => [
  { name: 'asking', place, tries, joined },
  [tell(place), PATIENCE],
];

const connect = (place: Place, server: Server, tries: number, joined: boolean): Step => [
  { name: 'connecting', place, server, tries, joined },
  [{ name: 'stop-patience' }, { name: 'close-room' }, { name: 'open-room', server }],
];

/** Try again after a while: for ever once the person was in, a few times before. */
const again = (place: Place, tries: number, joined: boolean, problem: Problem, chance: number): Step => {
  if (!joined && tries + 1 >= FIRST_TRIES) return fail(place, problem, true);
  const delayMs = retryDelay(tries, chance);
  return [
    { name: 'waiting', place, tries: tries + 1, delayMs, joined },
    [{ name: 'stop-patience' }, { name: 'close-room' }, { name: 'start-retry', delayMs }],
  ];
};

/** `told`: the gateway still believes that the person is there. */
const fail = (place: Place, problem: Problem, told: boolean): Step => [
  { name: 'failed', place, problem },
  [
    ...STOP,
    { name: 'close-room' },
    { name: 'release' },
    ...(told ? [untell(place)] : []),
    { name: 'sound', sound: 'left' },
  ],
];

const leave = (state: InCall): Step => [
  IDLE,
  [...STOP, { name: 'close-room' }, { name: 'release' }, untell(state.place), { name: 'sound', sound: 'left' }],
];

/** From one call into another. The gateway moves the person by itself unless the guild changes. */
const join = (state: InCall, place: Place): Step => {
  if (samePlace(state.place, place) && state.name !== 'parting') return [state, []];
  const [next, effects] = ask(place, 0, false);
  const before = state.place.guildId === place.guildId ? [] : [untell(state.place)];
  return [next, [...STOP, { name: 'close-room' }, ...before, ...effects]];
};

const flags = (state: InCall): Step => [state, [tell(state.place)]];

/** Whoever was moved is told the server of the new channel without asking. */
const moved = (place: Place): Step => [
  { name: 'asking', place, tries: 0, joined: true },
  [...STOP, { name: 'close-room' }, PATIENCE],
];

const placed = (state: InCall, input: Extract<Input, { name: 'placed' }>): Step => {
  if (input.place === null) return fail(state.place, 'removed', false);
  if (!input.mine) return fail(state.place, 'elsewhere', false);
  return samePlace(input.place, state.place) ? [state, []] : moved(input.place);
};

/** A gateway that forgot the session forgot where the person is, too. */
const tellAnew = (state: InCall, input: Extract<Input, { name: 'gateway-ready' }>): Step =>
  input.anew ? [state, [tell(state.place)]] : [state, []];

const ours = (state: InCall, guildId: string): boolean => guildId === state.place.guildId;

/** The media runs: another server takes it over, a new token alone changes nothing. While it is cut, any offer is taken. */
const reserved = (
  state: Extract<State, { name: 'connected' | 'restoring' }>,
  input: Extract<Input, { name: 'server-told' }>,
): Step => {
  if (!ours(state, input.guildId)) return [state, []];
  const { place } = state;
  if (input.server === null) {
    return [{ name: 'asking', place, tries: 0, joined: true }, [{ name: 'close-room' }, PATIENCE]];
  }
  if (state.name === 'restoring' || input.server.endpoint !== state.server.endpoint) {
    return connect(place, input.server, 0, true);
  }
  return [{ ...state, server: input.server }, []];
};

const closed = (
  state: Extract<State, { name: 'connecting' | 'connected' | 'restoring' }>,
  input: Extract<Input, { name: 'room-closed' }>,
  chance: number,
): Step => {
  if (input.reason === 'elsewhere') return fail(state.place, 'elsewhere', false);
  if (input.reason === 'removed') {
    return [
      { name: 'parting', place: state.place },
      [...STOP, { name: 'close-room' }, { name: 'start-patience', delayMs: PARTING_MS }],
    ];
  }
  const [tries, joined] = state.name === 'connecting' ? [state.tries, state.joined] : [0, true];
  const [next, effects] = again(state.place, tries, joined, 'unreachable', chance);
  return [next, state.name === 'connected' ? [{ name: 'sound', sound: 'lost' }, ...effects] : effects];
};

const TABLE: Table = {
  idle: { join: (_, input) => ask(input.place, 0, false) },
  asking: {
    join: (state, input) => join(state, input.place),
    leave,
    'flags-changed': flags,
    // An earlier leaving may still be on its way here; whoever is not let in hears nothing.
    placed: (state, input) => (input.place === null ? [state, []] : placed(state, input)),
    'server-told': (state, input) => {
      if (!ours(state, input.guildId) || input.server === null) return [state, []];
      return connect(state.place, input.server, state.tries, state.joined);
    },
    'patience-over': (state, _, chance) => {
      if (state.tries === 0) return ask(state.place, 1, state.joined);
      return again(state.place, state.tries, state.joined, 'unanswered', chance);
    },
    'gateway-ready': (state) => ask(state.place, state.tries, state.joined),
  },
  connecting: {
    join: (state, input) => join(state, input.place),
    leave,
    'flags-changed': flags,
    placed,
    'server-told': (state, input) => {
      if (!ours(state, input.guildId) || input.server === null) return [state, []];
      if (input.server.endpoint === state.server.endpoint) return [{ ...state, server: input.server }, []];
      return connect(state.place, input.server, state.tries, state.joined);
    },
    'room-open': (state) => [
      { name: 'connected', place: state.place, server: state.server },
      state.joined ? [] : [{ name: 'sound', sound: 'joined' }],
    ],
    'room-refused': (state, input, chance) =>
      input.again
        ? again(state.place, state.tries, state.joined, input.problem, chance)
        : fail(state.place, input.problem, true),
    'room-closed': closed,
    'gateway-ready': tellAnew,
  },
  connected: {
    join: (state, input) => join(state, input.place),
    leave,
    'flags-changed': flags,
    placed,
    'server-told': reserved,
    'room-restoring': (state) => [{ ...state, name: 'restoring' }, []],
    'room-closed': closed,
    'gateway-ready': tellAnew,
  },
  restoring: {
    join: (state, input) => join(state, input.place),
    leave,
    'flags-changed': flags,
    placed,
    'server-told': reserved,
    'room-restored': (state) => [{ ...state, name: 'connected' }, []],
    'room-closed': closed,
    'gateway-ready': tellAnew,
  },
  waiting: {
    join: (state, input) => join(state, input.place),
    leave,
    'flags-changed': flags,
    placed,
    'server-told': (state, input) => {
      if (!ours(state, input.guildId) || input.server === null) return [state, []];
      const [next, effects] = connect(state.place, input.server, state.tries, state.joined);
      return [next, [{ name: 'stop-retry' }, ...effects]];
    },
    'retry-due': (state) => ask(state.place, state.tries, state.joined),
    'gateway-ready': (state) => {
      const [next, effects] = ask(state.place, state.tries, state.joined);
      return [next, [{ name: 'stop-retry' }, ...effects]];
    },
  },
  parting: {
    join: (state, input) => join(state, input.place),
    leave,
    placed,
    'server-told': (state, input) => {
      if (!ours(state, input.guildId) || input.server === null) return [state, []];
      return connect(state.place, input.server, 0, true);
    },
    'patience-over': (state) => fail(state.place, 'removed', true),
    'gateway-ready': (state) => ask(state.place, 0, true),
  },
  failed: {
    join: (_, input) => ask(input.place, 0, false),
    leave: () => [IDLE, []],
  },
};

/** Return what follows `input` in `state`; an input that the state does not know changes nothing. */
export function step(state: State, input: Input, chance: number): Step {
  const row = TABLE[state.name] as Row<State['name']>;
  const rule = row[input.name] as ((state: State, input: Input, chance: number) => Step) | undefined;
  return rule ? rule(state, input, chance) : [state, []];
}
