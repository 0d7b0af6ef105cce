import { Tooltip } from '@kobalte/core/tooltip';
import { createEffect, createSignal, onCleanup, onMount, Show } from 'solid-js';
import { adopt, type TriggerProps } from './adopt';
import './tooltip.css';

/** A button with a tooltip, and the event that brought the pointer or the focus to it. */
interface Approach {
  button: HTMLElement;
  event: Event;
}

const MARK = '[data-tooltip]';

/** What a tooltip listens to, on the one button that was neared last. */
const HEARD = {
  pointerenter: 'onPointerEnter',
  pointerleave: 'onPointerLeave',
  pointerdown: 'onPointerDown',
  click: 'onClick',
  focus: 'onFocus',
  blur: 'onBlur',
} as const satisfies Record<string, keyof TriggerProps>;

/** Whether an event counts: fingers get no tooltips, and the focus counts that came by key. */
const counts = (button: Element, event: Event): boolean =>
  event instanceof PointerEvent ? event.pointerType !== 'touch' : button.matches(':focus-visible');

/** The one place of all tooltips: it shows that of the button which has the pointer or, by keyboard, the focus. */
export function Tooltips() {
  const [approach, setApproach] = createSignal<Approach | null>(null);
  const near = (element: Element | null, event: Event) => {
    const button = element?.closest<HTMLElement>(MARK);
    if (button && button !== approach()?.button && counts(button, event)) setApproach({ button, event });
  };
  const follow = (event: Event) => near(event.target as Element, event);
  onMount(() => {
    document.addEventListener('pointerover', follow);
    document.addEventListener('focusin', follow);
    // Who came before there were tooltips waits for one.
    near(document.activeElement, new FocusEvent('focusin'));
    if (matchMedia('(hover: hover)').matches)
      near(document.querySelector(`${MARK}:hover`), new PointerEvent('pointerover'));
  });
  onCleanup(() => {
    document.removeEventListener('pointerover', follow);
    document.removeEventListener('focusin', follow);
  });
  return (
    <Show when={approach()} keyed>
      {(near) => <ButtonTooltip {...near} onGone={() => setApproach(null)} />}
    </Show>
  );
}

function ButtonTooltip(props: Approach & { onGone: () => void }) {
  const { button, event } = props;
  const [open, setOpen] = createSignal(false);
  createEffect(() => {
    if (!open()) return;
    // A button that goes away, as those of a message do, is left by neither pointer nor focus.
    const look = () => button.isConnected || props.onGone();
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    onCleanup(() => observer.disconnect());
    look();
  });
  const listen = (trigger: TriggerProps) => {
    const listening = new AbortController();
    for (const [type, name] of Object.entries(HEARD)) {
      const hear = (heard: Event) => (type !== 'focus' || counts(button, heard)) && trigger[name]?.(heard);
      button.addEventListener(type, hear, { signal: listening.signal });
    }
    onCleanup(() => {
      trigger.onPointerLeave?.(new PointerEvent('pointerleave'));
      listening.abort();
      button.removeAttribute('aria-describedby');
    });
    createEffect(() => {
      const described = trigger['aria-describedby'];
      if (described) button.setAttribute('aria-describedby', described);
      else button.removeAttribute('aria-describedby');
    });
    trigger[event instanceof PointerEvent ? 'onPointerEnter' : 'onFocus']?.(event);
  };
  return (
    <Tooltip openDelay={400} closeDelay={0} gutter={6} placement="top" open={open()} onOpenChange={setOpen}>
      <Tooltip.Trigger as={adopt(button, listen)} />
      <Tooltip.Portal>
        {/* Over everything, so that a dialog does not hide the tooltips of its own buttons from screen readers. */}
        <Tooltip.Content class="tooltip" data-kb-top-layer="">
          {button.getAttribute('aria-label')}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip>
  );
}
