/**
 * The life of the gateway connection as a pure transition table.
 *
 * `step(state, input, chance)` returns the next state and the effects to perform; it owns no socket and no clock.
 * The executor performs the effects in order and feeds every outcome back as an input.
 * Source: Gateway v10, "Connection lifecycle"; close codes from "Gateway close event codes".
 */

/** What a later RESUME needs. `sequence` is the last dispatch seen. */
export interface Resumable {
  readonly sessionId: string;
  readonly sequence: number;
}

export type RefusalReason = 'signed-out' | 'protocol';

export type State =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting'; readonly attempt: number; readonly resumable: Resumable | null }
  | {
      readonly name: 'greeted';
      readonly attempt: number;
      readonly resumable: Resumable | null;
      readonly acked: boolean;
    }
  | { readonly name: 'ready'; readonly resumable: Resumable; readonly acked: boolean }
  | {
      readonly name: 'waiting';
      readonly attempt: number;
      readonly delayMs: number;
      readonly resumable: Resumable | null;
    }
  | { readonly name: 'offline'; readonly resumable: Resumable | null }
  | { readonly name: 'refused'; readonly reason: RefusalReason };

export type Input =
  | { readonly name: 'start' }
  | { readonly name: 'stop' }
  | { readonly name: 'hello'; readonly intervalMs: number }
  | { readonly name: 'dispatch'; readonly type: string; readonly sequence: number; readonly data: unknown }
  | { readonly name: 'heartbeat-asked' }
  | { readonly name: 'heartbeat-acked' }
  | { readonly name: 'heartbeat-due' }
  | { readonly name: 'reconnect-asked' }
  | { readonly name: 'session-invalid'; readonly resumable: boolean }
  | { readonly name: 'closed'; readonly code: number }
  | { readonly name: 'retry-due' }
  | { readonly name: 'retry-now' }
  | { readonly name: 'network-lost' }
  | { readonly name: 'network-back' };

export type Effect =
  | { readonly name: 'open-socket' }
  | { readonly name: 'close-socket'; readonly code: number }
  | { readonly name: 'identify' }
  | { readonly name: 'resume'; readonly resumable: Resumable }
  | { readonly name: 'beat'; readonly sequence: number | null }
  | { readonly name: 'start-heartbeat'; readonly intervalMs: number; readonly firstMs: number }
  | { readonly name: 'stop-heartbeat' }
  | { readonly name: 'start-retry'; readonly delayMs: number }
  | { readonly name: 'stop-retry' }
  | { readonly name: 'deliver'; readonly type: string; readonly data: unknown }
  | { readonly name: 'signed-out' };

export type Step = readonly [State, readonly Effect[]];

export const IDLE: State = { name: 'idle' };

/** Closing with a code other than 1000 or 1001 keeps the session resumable on the server. */
const KEEP_SESSION = 4900;
const FORGET_SESSION = 1000;

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 20_000;

/** Codes after which the same credential or program would only be refused again. */
const REFUSED: ReadonlyMap<number, RefusalReason> = new Map([
  [4004, 'signed-out'],
  [4010, 'protocol'],
  [4011, 'protocol'],
  [4012, 'protocol'],
  [4013, 'protocol'],
  [4014, 'protocol'],
]);

/** Codes after which the session is gone and only a new IDENTIFY helps. */
const SESSION_LOST: ReadonlySet<number> = new Set([1000, 1001, 4003, 4007, 4009]);

/** Delay in ms before retry number `attempt` (from 0): doubling, capped, with up to half taken off by `chance`. */
export function retryDelay(attempt: number, chance: number): number {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  return Math.round(full * (1 - chance / 2));
}

type Row<N extends State['name']> = {
  readonly [I in Input['name']]?: (
    state: Extract<State, { name: N }>,
    input: Extract<Input, { name: I }>,
    chance: number,
  ) => Step;
};
type Table = { readonly [N in State['name']]: Row<N> };

const connect = (attempt: number, resumable: Resumable | null): Step => [
  { name: 'connecting', attempt, resumable },
  [{ name: 'open-socket' }],
];

const wait = (attempt: number, resumable: Resumable | null, chance: number): Step => {
  const delayMs = retryDelay(attempt, chance);
  return [
    { name: 'waiting', attempt: attempt + 1, delayMs, resumable },
    [{ name: 'stop-heartbeat' }, { name: 'start-retry', delayMs }],
  ];
};

const closed = (code: number, attempt: number, resumable: Resumable | null, chance: number): Step => {
  const reason = REFUSED.get(code);
  if (reason === undefined) return wait(attempt, SESSION_LOST.has(code) ? null : resumable, chance);
  const effects: Effect[] = [{ name: 'stop-heartbeat' }];
  if (reason === 'signed-out') effects.push({ name: 'signed-out' });
  return [{ name: 'refused', reason }, effects];
};

const stop = (): Step => [
  IDLE,
  [{ name: 'stop-heartbeat' }, { name: 'stop-retry' }, { name: 'close-socket', code: FORGET_SESSION }],
];

const lose = (resumable: Resumable | null): Step => [
  { name: 'offline', resumable },
  [{ name: 'stop-heartbeat' }, { name: 'stop-retry' }, { name: 'close-socket', code: KEEP_SESSION }],
];

const drop = (attempt: number, resumable: Resumable | null, chance: number): Step => {
  const [state, effects] = wait(attempt, resumable, chance);
  return [state, [{ name: 'close-socket', code: KEEP_SESSION }, ...effects]];
};

const readyFrom = (data: unknown): string | null => {
  const id = (data as { session_id?: unknown } | null)?.session_id;
  return typeof id === 'string' ? id : null;
};

const TABLE: Table = {
  idle: { start: () => connect(0, null) },
  connecting: {
    stop,
    'network-lost': (state) => lose(state.resumable),
    closed: (state, input, chance) => closed(input.code, state.attempt, state.resumable, chance),
    hello: (state, input, chance) => [
      { name: 'greeted', attempt: state.attempt, resumable: state.resumable, acked: true },
      [
        { name: 'start-heartbeat', intervalMs: input.intervalMs, firstMs: Math.round(input.intervalMs * chance) },
        state.resumable ? { name: 'resume', resumable: state.resumable } : { name: 'identify' },
      ],
    ],
  },
  greeted: {
    stop,
    'network-lost': (state) => lose(state.resumable),
    closed: (state, input, chance) => closed(input.code, state.attempt, state.resumable, chance),
    'reconnect-asked': (state, _, chance) => drop(state.attempt, state.resumable, chance),
    'session-invalid': (state, input, chance) => drop(state.attempt, input.resumable ? state.resumable : null, chance),
    'heartbeat-asked': (state) => [state, [{ name: 'beat', sequence: state.resumable?.sequence ?? null }]],
    'heartbeat-acked': (state) => [{ ...state, acked: true }, []],
    'heartbeat-due': (state, _, chance) =>
      state.acked
        ? [{ ...state, acked: false }, [{ name: 'beat', sequence: state.resumable?.sequence ?? null }]]
        : drop(state.attempt, state.resumable, chance),
    dispatch: (state, input) => {
      const deliver: Effect = { name: 'deliver', type: input.type, data: input.data };
      if (input.type === 'READY') {
        const sessionId = readyFrom(input.data);
        if (sessionId === null) return [state, []];
        return [{ name: 'ready', resumable: { sessionId, sequence: input.sequence }, acked: state.acked }, [deliver]];
      }
      if (state.resumable === null) return [state, []];
      const resumable = { sessionId: state.resumable.sessionId, sequence: input.sequence };
      if (input.type === 'RESUMED') return [{ name: 'ready', resumable, acked: state.acked }, [deliver]];
      return [{ ...state, resumable }, [deliver]];
    },
  },
  ready: {
    stop,
    'network-lost': (state) => lose(state.resumable),
    closed: (state, input, chance) => closed(input.code, 0, state.resumable, chance),
    'reconnect-asked': (state, _, chance) => drop(0, state.resumable, chance),
    'session-invalid': (state, input, chance) => drop(0, input.resumable ? state.resumable : null, chance),
    'heartbeat-asked': (state) => [state, [{ name: 'beat', sequence: state.resumable.sequence }]],
    'heartbeat-acked': (state) => [{ ...state, acked: true }, []],
    'heartbeat-due': (state, _, chance) =>
      state.acked
        ? [{ ...state, acked: false }, [{ name: 'beat', sequence: state.resumable.sequence }]]
        : drop(0, state.resumable, chance),
    dispatch: (state, input) => [
      { ...state, resumable: { sessionId: state.resumable.sessionId, sequence: input.sequence } },
      [{ name: 'deliver', type: input.type, data: input.data }],
    ],
  },
  waiting: {
    stop,
    'network-lost': (state) => lose(state.resumable),
    'retry-due': (state) => connect(state.attempt, state.resumable),
    'retry-now': (state) => {
      const [next, effects] = connect(state.attempt, state.resumable);
      return [next, [{ name: 'stop-retry' }, ...effects]];
    },
    'network-back': (state) => {
      const [next, effects] = connect(0, state.resumable);
      return [next, [{ name: 'stop-retry' }, ...effects]];
    },
  },
  offline: {
    stop,
    'network-back': (state) => connect(0, state.resumable),
    'retry-now': (state) => connect(0, state.resumable),
  },
  refused: { start: () => connect(0, null), stop },
};

/** Return what follows `input` in `state`; an input that the state does not know changes nothing. */
export function step(state: State, input: Input, chance: number): Step {
  const row = TABLE[state.name] as Row<State['name']>;
  const rule = row[input.name] as ((state: State, input: Input, chance: number) => Step) | undefined;
  return rule ? rule(state, input, chance) : [state, []];
}
