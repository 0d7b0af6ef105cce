/**
 * The way of one file to the server, as a pure transition table.
 *
 * A file has an address of its own there and keeps what arrived, so its way may break off at any moment and goes on
 * from there. The executor performs the effects and feeds outcomes back.
 */

export type FileState =
  /** `loaded`: bytes that the server has, as far as is known. */
  | { readonly name: 'travelling'; readonly tries: number; readonly loaded: number }
  | { readonly name: 'paused'; readonly loaded: number }
  /** Broken off; goes on by itself. */
  | { readonly name: 'waiting'; readonly tries: number; readonly loaded: number; readonly lost: boolean }
  /** All of it is there. `progress`, in hundredths: of the server's work on it. */
  | { readonly name: 'processing'; readonly progress: number }
  | { readonly name: 'ready' }
  /** `again`: whether another try may end differently. */
  | { readonly name: 'refused'; readonly sentence: string; readonly code: string; readonly again: boolean }
  | { readonly name: 'removed' };

export type FileInput =
  | { readonly name: 'progress'; readonly loaded: number }
  | { readonly name: 'arrived' }
  | { readonly name: 'processed'; readonly progress: number }
  | { readonly name: 'ready' }
  /** The server will not have it; `gone`: it knows nothing of the upload, which has to begin anew. */
  | { readonly name: 'refused'; readonly sentence: string; readonly code: string; readonly gone: boolean }
  /** The server asks for patience. */
  | { readonly name: 'told-to-wait'; readonly delayMs: number }
  /** No answer came, or the way broke off. */
  | { readonly name: 'lost' }
  | { readonly name: 'due' }
  /** The server was heard of again. */
  | { readonly name: 'server-back' }
  | { readonly name: 'pause' }
  | { readonly name: 'resume' }
  | { readonly name: 'remove' };

export type FileEffect =
  /** Ask for an address unless there is one, and send what is missing. */
  | { readonly name: 'travel' }
  | { readonly name: 'halt' }
  | { readonly name: 'start-wait'; readonly delayMs: number }
  | { readonly name: 'stop-wait' }
  /** Ask now and then how far the server is. */
  | { readonly name: 'watch' }
  | { readonly name: 'stop-watch' }
  /** The address is good no more. */
  | { readonly name: 'forget-address' }
  /** Take it away from the server too. */
  | { readonly name: 'withdraw' };

export type FileStep = readonly [FileState, readonly FileEffect[]];

/** Letters of what a file shows, in words, that the server takes. */
export const DESCRIPTION_MAX = 1024;

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** An address that the server does not know is asked for anew so often. */
const ANEW_TRIES = 3;

/** A file that was just chosen. */
export const BEGIN: FileStep = [{ name: 'travelling', tries: 1, loaded: 0 }, [{ name: 'travel' }]];

/** A file of an earlier page, all of which had arrived then. */
export const FOUND: FileStep = [{ name: 'processing', progress: 0 }, [{ name: 'watch' }]];

type Row<N extends FileState['name']> = {
  readonly [I in FileInput['name']]?: (
    state: Extract<FileState, { name: N }>,
    input: Extract<FileInput, { name: I }>,
  ) => FileStep;
};
type Table = { readonly [N in FileState['name']]: Row<N> };

const REMOVED: FileState = { name: 'removed' };
const travel = (tries: number, loaded: number): FileStep => [
  { name: 'travelling', tries, loaded },
  [{ name: 'travel' }],
];
const hurry = (state: { tries: number; loaded: number }): FileStep => {
  const [next, effects] = travel(state.tries + 1, state.loaded);
  return [next, [{ name: 'stop-wait' }, ...effects]];
};
const refuse = (sentence: string, code: string, again: boolean): FileState => ({
  name: 'refused',
  sentence,
  code,
  again,
});

const TABLE: Table = {
  travelling: {
    // Bytes that arrive mean that the way is good again, so a break later on is a first one.
    progress: (state, { loaded }) => [{ ...state, tries: loaded > state.loaded ? 1 : state.tries, loaded }, []],
    arrived: () => [{ name: 'processing', progress: 0 }, [{ name: 'watch' }]],
    refused: (state, { sentence, code, gone }) => {
      // Nobody has looked at the bytes: a limit may be gone by the next try.
      if (!gone) return [refuse(sentence, code, true), []];
      if (state.tries >= ANEW_TRIES) return [refuse(sentence, code, true), [{ name: 'forget-address' }]];
      const [next, effects] = travel(state.tries + 1, 0);
      return [next, [{ name: 'forget-address' }, ...effects]];
    },
    'told-to-wait': ({ tries, loaded }, { delayMs }) => [
      { name: 'waiting', tries, loaded, lost: false },
      [{ name: 'start-wait', delayMs }],
    ],
    lost: ({ tries, loaded }) => [
      { name: 'waiting', tries, loaded, lost: true },
      [{ name: 'start-wait', delayMs: Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS) }],
    ],
    pause: ({ loaded }) => [{ name: 'paused', loaded }, [{ name: 'halt' }]],
    remove: () => [REMOVED, [{ name: 'halt' }, { name: 'withdraw' }]],
  },
  paused: {
    resume: ({ loaded }) => travel(1, loaded),
    remove: () => [REMOVED, [{ name: 'withdraw' }]],
  },
  waiting: {
    due: ({ tries, loaded }) => travel(tries + 1, loaded),
    resume: hurry,
    'server-back': (state) => (state.lost ? hurry(state) : [state, []]),
    pause: ({ loaded }) => [{ name: 'paused', loaded }, [{ name: 'stop-wait' }]],
    remove: () => [REMOVED, [{ name: 'stop-wait' }, { name: 'withdraw' }]],
  },
  processing: {
    processed: (_, { progress }) => [{ name: 'processing', progress }, []],
    ready: () => [{ name: 'ready' }, []],
    refused: (_, { sentence, code, gone }) => [
      refuse(sentence, code, gone),
      gone ? [{ name: 'stop-watch' }, { name: 'forget-address' }] : [{ name: 'stop-watch' }],
    ],
    remove: () => [REMOVED, [{ name: 'stop-watch' }, { name: 'withdraw' }]],
  },
  ready: { remove: () => [REMOVED, [{ name: 'withdraw' }]] },
  refused: {
    resume: (state) => {
      const [next, effects] = travel(1, 0);
      return state.again ? [next, effects] : [state, []];
    },
    remove: () => [REMOVED, [{ name: 'withdraw' }]],
  },
  removed: {},
};

/** Return what follows `input` in `state`; an input that the state does not know changes nothing. */
export function stepFile(state: FileState, input: FileInput): FileStep {
  const row = TABLE[state.name] as Row<FileState['name']>;
  const rule = row[input.name] as ((state: FileState, input: FileInput) => FileStep) | undefined;
  return rule ? rule(state, input) : [state, []];
}

/** Whether all of a file is at the server, so that a message may name it. */
export const hasArrived = (state: FileState): boolean => state.name === 'processing' || state.name === 'ready';

/** Whether a file is still to come, by itself or once somebody lets it go on. */
export const isOnItsWay = (state: FileState): boolean =>
  state.name === 'travelling' || state.name === 'waiting' || state.name === 'paused';
