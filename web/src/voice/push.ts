import { bindingOf, type Hold, type HoldInput, isPressed, type Press, stepHold, writes } from './binding';
import { prefs } from './prefs';

const inText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** What a button of the pointer is as a press. The first three are what pages are used with. */
export const mousePress = (event: MouseEvent): Press | null =>
  event.button < 3
    ? null
    : {
        code: `Mouse${event.button + 1}`,
        ctrlKey: event.ctrlKey,
        altKey: event.altKey,
        shiftKey: event.shiftKey,
        metaKey: event.metaKey,
      };

/**
 * Follow the push-to-talk key wherever the page hears keys, while `active` says that it matters, and tell whether it
 * holds the microphone open. What is returned does as the key does, for what is held on the screen.
 */
export function followPush(active: () => boolean, onOpen: (open: boolean) => void): (down: boolean) => void {
  let hold: Hold = 'shut';
  let delay: ReturnType<typeof setTimeout> | undefined;
  const feed = (input: HoldInput) => {
    const before = hold;
    const [next, effects] = stepHold(hold, input);
    hold = next;
    for (const effect of effects) {
      clearTimeout(delay);
      if (effect === 'start-delay') delay = setTimeout(() => feed('delay-over'), prefs.releaseMs);
    }
    if ((before === 'shut') !== (hold === 'shut')) onOpen(hold !== 'shut');
  };
  const down = (press: Press | null, target: EventTarget | null): boolean => {
    const key = prefs.pushKey;
    if (!press || !key || !active() || !isPressed(key, press)) return false;
    if (writes(key) && inText(target)) return false;
    feed('pressed');
    return true;
  };
  const up = (press: Press | null) => press && bindingOf(press).code === prefs.pushKey?.code && feed('released');
  // First of all, so that the key does not also write, scroll or press what has the focus.
  const options = { capture: true };
  document.addEventListener(
    'keydown',
    (event) => {
      if (down(event, event.target) && !/^(Control|Alt|Shift|Meta)/.test(event.code)) event.preventDefault();
    },
    options,
  );
  document.addEventListener('keyup', (event) => up(event), options);
  document.addEventListener('mousedown', (event) => down(mousePress(event), null) && event.preventDefault(), options);
  document.addEventListener('mouseup', (event) => up(mousePress(event)), options);
  window.addEventListener('blur', () => feed('lost'));
  return (down) => {
    if (!down) feed('released');
    else if (active()) feed('pressed');
  };
}
