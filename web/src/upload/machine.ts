/**
 * The life of one send, with or without files, as a pure transition table.
 *
 * A message carries a nonce that the server honours, so a send whose answer was lost is simply tried again: it arrives
 * once. The executor performs the effects and feeds outcomes back.
 */

export type State =
  | { readonly name: 'ready' }
  /** Its files are not all at the server yet. `secondsLeft` is null while nobody can tell. */
  | {
      readonly name: 'gathering';
      readonly loaded: number;
      readonly total: number;
      readonly secondsLeft: number | null;
      readonly paused: boolean;
    }
  | { readonly name: 'sending'; readonly tries: number }
  /** `lost` tells a request without an answer from one that was told to wait. */
  | { readonly name: 'waiting'; readonly tries: number; readonly delayMs: number; readonly lost: boolean }
  | { readonly name: 'sent' }
  | { readonly name: 'failed'; readonly sentence: string; readonly code: string }
  | { readonly name: 'cancelled' };

export type Input =
  /** `files`: whether it carries any. */
  | { readonly name: 'send'; readonly files: boolean }
  /** Bytes of its files so far. */
  | {
      readonly name: 'progress';
      readonly loaded: number;
      readonly total: number;
      readonly secondsLeft: number | null;
      readonly paused: boolean;
    }
  | { readonly name: 'gathered' }
  | { readonly name: 'accepted' }
  | { readonly name: 'refused'; readonly sentence: string; readonly code: string }
  /** The server asks for patience: 429 or 503 with Retry-After. */
  | { readonly name: 'told-to-wait'; readonly delayMs: number; readonly sentence: string; readonly code: string }
  /** No answer came. `ageMs`: since somebody last asked for the send. */
  | { readonly name: 'lost'; readonly sentence: string; readonly ageMs: number }
  | { readonly name: 'retry-due' }
  /** The server was heard of again, so that there is no reason to wait longer for a lost request. */
  | { readonly name: 'server-back' }
  | { readonly name: 'cancel' };

export type Effect =
  /** See that the files arrive, and tell when they have. */
  | { readonly name: 'gather' }
  | { readonly name: 'stop-gathering' }
  | { readonly name: 'start-request' }
  | { readonly name: 'abort-request' }
  | { readonly name: 'start-retry'; readonly delayMs: number }
  | { readonly name: 'stop-retry' }
  /** A request went out and nobody knows what became of it: should its message arrive, it is to be deleted. */
  | { readonly name: 'withdraw' }
  | { readonly name: 'forget' };

export type Step = readonly [State, readonly Effect[]];

export const READY: State = { name: 'ready' };

/** So often a send waits as it is told. */
const TRIES = 4;
const FIRST_RETRY_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** The server knows a nonce for five minutes; what is repeated later could arrive twice. */
const GIVE_UP_MS = 4 * 60_000;

type Row<N extends State['name']> = {
  readonly [I in Input['name']]?: (state: Extract<State, { name: N }>, input: Extract<Input, { name: I }>) => Step;
};
type Table = { readonly [N in State['name']]: Row<N> };

const begin = (tries: number): Step => [{ name: 'sending', tries }, [{ name: 'start-request' }]];

const NOTHING_YET: State = { name: 'gathering', loaded: 0, total: 0, secondsLeft: null, paused: false };
const first = (input: { files: boolean }): Step => (input.files ? [NOTHING_YET, [{ name: 'gather' }]] : begin(1));

const pause = (tries: number, delayMs: number, lost: boolean): Step => [
  { name: 'waiting', tries, delayMs, lost },
  [{ name: 'start-retry', delayMs }],
];

const hurry = (tries: number): Step => {
  const [next, effects] = begin(tries + 1);
  return [next, [{ name: 'stop-retry' }, ...effects]];
};

const fail = (sentence: string, code: string): Step => [{ name: 'failed', sentence, code }, []];

const TABLE: Table = {
  ready: { send: (_, input) => first(input), cancel: () => [{ name: 'cancelled' }, [{ name: 'forget' }]] },
  gathering: {
    progress: (state, { loaded, total, secondsLeft, paused }) => [{ ...state, loaded, total, secondsLeft, paused }, []],
    gathered: () => {
      const [next, effects] = begin(1);
      return [next, [{ name: 'stop-gathering' }, ...effects]];
    },
    refused: (_, input) => [fail(input.sentence, input.code)[0], [{ name: 'stop-gathering' }]],
    cancel: () => [{ name: 'cancelled' }, [{ name: 'stop-gathering' }, { name: 'forget' }]],
  },
  sending: {
    accepted: () => [{ name: 'sent' }, []],
    refused: (_, input) => fail(input.sentence, input.code),
    'told-to-wait': (state, input) =>
      state.tries < TRIES && input.delayMs <= LONGEST_WAIT_MS
        ? pause(state.tries, input.delayMs, false)
        : fail(input.sentence, input.code),
    lost: (state, input) =>
      input.ageMs < GIVE_UP_MS
        ? pause(state.tries, Math.min(FIRST_RETRY_MS * 2 ** (state.tries - 1), LONGEST_WAIT_MS), true)
        : fail(input.sentence, 'network'),
    cancel: () => [{ name: 'cancelled' }, [{ name: 'abort-request' }, { name: 'withdraw' }, { name: 'forget' }]],
  },
  waiting: {
    'retry-due': (state) => begin(state.tries + 1),
    send: (state) => hurry(state.tries),
    'server-back': (state) => (state.lost ? hurry(state.tries) : [state, []]),
    cancel: () => [{ name: 'cancelled' }, [{ name: 'stop-retry' }, { name: 'withdraw' }, { name: 'forget' }]],
  },
  sent: {},
  failed: {
    send: (_, input) => first(input),
    cancel: () => [{ name: 'cancelled' }, [{ name: 'withdraw' }, { name: 'forget' }]],
  },
  cancelled: {},
};

/** Return what follows `input` in `state`; an input that the state does not know changes nothing. */
export function step(state: State, input: Input): Step {
  const row = TABLE[state.name] as Row<State['name']>;
  const rule = row[input.name] as ((state: State, input: Input) => Step) | undefined;
  return rule ? rule(state, input) : [state, []];
}
