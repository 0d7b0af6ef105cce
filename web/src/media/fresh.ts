import { createEffect, createMemo, createSignal, on } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { ownPath } from '~/api/assets';
import { attachments } from '~/api/calls';
import { onForget } from '~/state/store';
import { goodUntil } from './address';

/**
 * Signed addresses are good for a while, and pages stay open for longer. What does not load is asked for anew, once.
 */
const [renewed, setRenewed] = createStore<Record<string, string>>({});
const RENEWED_MAX = 500;
onForget(() => setRenewed(reconcile({})));

/** How many addresses one request may name. */
const BATCH_MAX = 50;
/** How long others are waited for that want to be in the same request: a page of pictures fails all at once. */
const BATCH_MS = 30;

type Waiting = (url: string | null) => void;
let waiting = new Map<string, Waiting[]>();
let asking = false;

async function ask(): Promise<void> {
  asking = false;
  const batch = [...waiting];
  waiting = new Map();
  for (let start = 0; start < batch.length; start += BATCH_MAX) {
    const part = batch.slice(start, start + BATCH_MAX);
    const answer = await attachments.refresh(part.map(([url]) => url)).catch(() => null);
    const found = new Map(answer?.refreshed_urls.map((each) => [each.original, each.refreshed]));
    for (const [url, askers] of part) for (const tell of askers) tell(found.get(url) ?? null);
  }
}

/** Return an address that is good again for one that is not, or null when there is none. */
function renew(url: string): Promise<string | null> {
  return new Promise((resolve) => {
    waiting.set(url, [...(waiting.get(url) ?? []), resolve]);
    if (!asking) setTimeout(() => void ask(), BATCH_MS);
    asking = true;
  });
}

export interface Fresh {
  /** Where it is to be loaded from now. */
  url: () => string;
  /** Say that it did not load. */
  failed: () => void;
  /** Whether it did not load from a new address either. */
  broken: () => boolean;
  /** Changes when it is to be loaded once more; the address may be the same, if it was the connection that failed. */
  turn: () => number;
}

/**
 * Keep the address of one file good: it is asked for anew when it is out of date, or when nothing loads from it.
 *
 * `given` is the address as the server told it, by which it knows the file; what comes back lies on this origin.
 */
export function createFresh(given: () => string): Fresh {
  const [broken, setBroken] = createSignal(false);
  let tries = 0;
  let asked = false;
  const [turn, setTurn] = createSignal(0);
  const url = createMemo(() => ownPath(renewed[given()] ?? given()));
  const take = async () => {
    const from = given();
    tries++;
    asked = true;
    const fresh = await renew(from);
    if (from !== given()) return;
    asked = false;
    if (fresh === null) return void setBroken(true);
    if (Object.keys(renewed).length >= RENEWED_MAX) setRenewed(reconcile({}));
    setRenewed(from, fresh);
    setTurn(turn() + 1);
  };
  createEffect(
    on(given, (address) => {
      setBroken(false);
      tries = 0;
      asked = false;
      const until = goodUntil(renewed[address] ?? address);
      if (until !== null && until <= Date.now()) void take();
    }),
  );
  return {
    url,
    failed: () => {
      // That the old address leads nowhere is known while another is on its way.
      if (asked) return;
      if (goodUntil(given()) === null || tries > 0) setBroken(true);
      else void take();
    },
    broken,
    turn,
  };
}
