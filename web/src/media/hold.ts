/** A press that lasts longer was meant to last as long as the person speaks. */
export const HOLD_MS = 400;
/** Who drags a finger so far from where it went down, in CSS pixels, does not want to send. */
export const AWAY_PX = 90;

/** Where a button is held that records, against where it went down. */
export interface Held {
  /** CSS pixels to the side and up or down. */
  dx: number;
  dy: number;
}

/** What letting go of the button does. */
export type Release = 'send' | 'discard' | 'stay';

export const isAway = ({ dx, dy }: Held): boolean => Math.hypot(dx, dy) > AWAY_PX;

/** Return what letting go does after `lastedMs`: a short press leaves the recording to its buttons. */
export function release(lastedMs: number, held: Held): Release {
  if (isAway(held)) return 'discard';
  return lastedMs > HOLD_MS ? 'send' : 'stay';
}

export interface HoldListener {
  /** Where the button is held; null once it is let go of, or the browser took the touch for something else. */
  moved: (held: Held | null) => void;
  released: (what: Release) => void;
}

/** Follow a press on a button, wherever it goes, until it ends. */
export function followHold(down: PointerEvent, listener: HoldListener): void {
  const began = performance.now();
  const at = (event: PointerEvent): Held => ({ dx: event.clientX - down.clientX, dy: event.clientY - down.clientY });
  const stop = new AbortController();
  const { signal } = stop;
  const on = (name: 'pointermove' | 'pointerup' | 'pointercancel', run: (event: PointerEvent) => void) =>
    addEventListener(name, (event) => event.pointerId === down.pointerId && run(event), { signal });
  const end = (what: Release) => {
    stop.abort();
    listener.moved(null);
    listener.released(what);
  };
  listener.moved({ dx: 0, dy: 0 });
  on('pointermove', (event) => listener.moved(at(event)));
  on('pointerup', (event) => end(release(performance.now() - began, at(event))));
  on('pointercancel', () => end('stay'));
}
