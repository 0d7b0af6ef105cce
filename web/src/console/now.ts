import { createSignal, onCleanup } from 'solid-js';

/** The time in Unix milliseconds, told anew every second until the component goes. */
export function createNow(): () => number {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), 1000);
  onCleanup(() => clearInterval(timer));
  return now;
}
