import { createSignal } from 'solid-js';

/** On a phone one pane shows at a time; on wider screens this only matters once the window shrinks. */
export type Pane = 'nav' | 'main' | 'members';

const [pane, setPane] = createSignal<Pane>('main');
export { pane, setPane };

const PHONE = matchMedia('(max-width: 719px)');
const WIDE = matchMedia('(min-width: 1080px)');
const [phone, setPhone] = createSignal(PHONE.matches);
const [wide, setWide] = createSignal(WIDE.matches);
PHONE.addEventListener('change', (event) => setPhone(event.matches));
WIDE.addEventListener('change', (event) => setWide(event.matches));
export { phone as isPhone, wide as isWide };

/** Whether the member list lies over the messages on a screen too narrow for both. */
const [membersOver, setMembersOver] = createSignal(false);
export { membersOver, setMembersOver };

/** Whether a call fills the window. */
const [callFull, setCallFull] = createSignal(false);
export { callFull, setCallFull };

/** A swipe counts from this many pixels, and only when it is clearly sideways. */
const SWIPE_PX = 64;
const SIDEWAYS = 1.8;

/** Turn sideways swipes on `element` into steps between panes. */
export function followSwipes(element: HTMLElement, onSwipe: (direction: 'left' | 'right') => void): void {
  let start: Touch | null = null;
  element.addEventListener(
    'touchstart',
    (event) => {
      const target = event.target as HTMLElement;
      const scrolls = target.closest('pre, input, textarea, .no-swipe');
      start = event.touches.length === 1 && !scrolls ? (event.touches[0] ?? null) : null;
    },
    { passive: true },
  );
  element.addEventListener(
    'touchend',
    (event) => {
      const end = event.changedTouches[0];
      if (!start || !end) return;
      const dx = end.clientX - start.clientX;
      const dy = end.clientY - start.clientY;
      start = null;
      if (Math.abs(dx) >= SWIPE_PX && Math.abs(dx) > SIDEWAYS * Math.abs(dy)) onSwipe(dx < 0 ? 'left' : 'right');
    },
    { passive: true },
  );
}

const LAST = 'hubbub.last.';

/** The channel last open in a guild (or among direct messages), to come back to. */
export const lastChannel = (guildId: string): string | null => localStorage.getItem(LAST + guildId);
export const rememberChannel = (guildId: string, channelId: string): void =>
  localStorage.setItem(LAST + guildId, channelId);

let place = '/direct';

/** The last address that was no settings page: where leaving the settings leads. */
export const lastPlace = (): string => place;
export const rememberPlace = (path: string): void => {
  if (!/^\/settings|\/settings(\/|$)/.test(path)) place = path;
};
