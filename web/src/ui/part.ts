import { type Accessor, createSignal } from 'solid-js';
import { toast } from '~/state/toast';
import { t } from '~/text';

/** Something that is loaded apart from what shows first: when it is wanted, or ahead of that. */
interface Part<M extends object> {
  /** What was loaded; `undefined` before. */
  loaded: Accessor<M | undefined>;
  /** Load it if it is not there; resolves to whether it is, and says so where it is not. */
  want: () => Promise<boolean>;
}

/** How long a page that never rests may keep what is loaded ahead waiting. */
const IDLE_MS_MAX = 5000;
/** How long to wait in browsers that do not tell when a page rests. */
const REST_MS = 1500;

let later: (() => Promise<unknown>)[] | null = [];

/** Load `what` once the first view stands and the page rests, so that a first press finds it there. */
export function loadAhead(what: () => Promise<unknown>): void {
  if (later) later.push(what);
  else whenIdle(what);
}

/** The first view stands: from now on, what is wanted ahead may be loaded. */
export function beginLoadingAhead(): void {
  for (const what of later ?? []) whenIdle(what);
  later = null;
}

/** Make a part of the page that `load` imports. A failed import is tried again when the part is wanted again. */
export function createPart<M extends object>(load: () => Promise<M>): Part<M> {
  const [loaded, setLoaded] = createSignal<M>();
  const fetched = async () => {
    const module = await load();
    setLoaded(() => module);
  };
  const want = async (): Promise<boolean> => {
    if (loaded()) return true;
    try {
      await fetched();
      return true;
    } catch {
      toast.problem(t('error.network'));
      return false;
    }
  };
  loadAhead(fetched);
  return { loaded, want };
}

function whenIdle(what: () => Promise<unknown>): void {
  // What fails here fails again, and is told, when it is wanted.
  const run = () => void what().catch(() => undefined);
  if ('requestIdleCallback' in window) requestIdleCallback(run, { timeout: IDLE_MS_MAX });
  else setTimeout(run, REST_MS);
}
