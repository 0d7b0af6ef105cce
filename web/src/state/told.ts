import { createEffect, createRoot } from 'solid-js';

/** A gateway that says nothing for this long is down, and then the page says so itself. */
const PATIENCE_MS = 5_000;

/**
 * Resolves once `condition` holds in the store, and after a while in any case.
 *
 * The answer to a request may come before the gateway tells what the request made; a page that opened in between would
 * not find it.
 */
export function untilTold(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    createRoot((dispose) => {
      const end = () => {
        clearTimeout(timer);
        dispose();
        resolve();
      };
      const timer = setTimeout(end, PATIENCE_MS);
      createEffect(() => {
        if (condition()) end();
      });
    });
  });
}
