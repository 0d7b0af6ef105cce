import { createSignal } from 'solid-js';

/** The longest time that timers of browsers can count. */
const LONGEST_MS = 2 ** 31 - 1;

const [passed, tellPassed] = createSignal<void>(undefined, { equals: false });
const alarms = new Set<number>();

/** Whether a moment, in Unix milliseconds, is still to come. Reactive: who asked is told when it has come. */
export function isAhead(unixMs: number): boolean {
  const leftMs = unixMs - Date.now();
  if (!(leftMs > 0)) return false;
  passed();
  if (!alarms.has(unixMs)) {
    alarms.add(unixMs);
    setTimeout(
      () => {
        alarms.delete(unixMs);
        tellPassed();
      },
      Math.min(leftMs, LONGEST_MS),
    );
  }
  return true;
}
