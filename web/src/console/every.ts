import { onCleanup } from 'solid-js';

/** Call `again` every `seconds` while the page is looked at, and once it is again, until the component goes. */
export function every(seconds: number, again: () => void): void {
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') again();
  }, seconds * 1000);
  const back = () => document.visibilityState === 'visible' && again();
  document.addEventListener('visibilitychange', back);
  onCleanup(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', back);
  });
}
