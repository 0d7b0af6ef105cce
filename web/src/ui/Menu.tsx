import { createSignal, createUniqueId, type JSX, onCleanup, Show } from 'solid-js';
import type { MenuEntries, MenuPlacement, MenuStart } from './menuEntry';
import { createPart } from './part';
import './menu.css';

const layers = createPart(() => import('./MenuLayer'));

const KEYS: Record<string, MenuStart> = { Enter: 'first', ' ': 'first', ArrowDown: 'first', ArrowUp: 'last' };

interface MenuProps {
  /** What the trigger shows. */
  trigger: JSX.Element;
  label: string;
  class?: string;
  entries: () => MenuEntries;
  placement?: MenuPlacement;
  onOpenChange?: (open: boolean) => void;
}

/** A button with a menu, which is made when the button is pressed. */
export function Menu(props: MenuProps) {
  const id = createUniqueId();
  const [start, setStart] = createSignal<MenuStart | null>(null);
  let button!: HTMLButtonElement;
  let touched = false;
  const close = () => {
    if (!start()) return;
    setStart(null);
    // What is told may take the button away, so first the closed menu gives it the focus back.
    setTimeout(() => start() || props.onOpenChange?.(false));
  };
  const open = (from: MenuStart) => {
    if (start()) return;
    setStart(from);
    props.onOpenChange?.(true);
    void layers.want().then((there) => there || close());
  };
  const waits = () => start() !== null && !layers.loaded();
  const toggle = () => (start() ? close() : open('whole'));
  return (
    <>
      <button
        type="button"
        ref={button}
        id={id}
        class={props.class ?? 'icon-button'}
        aria-label={props.label}
        aria-haspopup="menu"
        aria-expanded={start() !== null}
        aria-controls={start() && layers.loaded() ? `${id}-menu` : undefined}
        // As menus of the system do, it opens when a button or a key goes down, but when a finger goes up.
        onPointerDown={(event) => {
          touched = event.pointerType === 'touch';
          if (!touched && event.button === 0) toggle();
        }}
        // Of no count are the clicks of assistive technology, which come alone.
        onClick={(event) => (touched ? toggle() : event.detail === 0 && open('whole'))}
        onKeyDown={(event) => {
          const from = KEYS[event.key];
          if (from) open(from);
          else if (event.key === 'Escape' && waits()) close();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
        onFocusOut={() => waits() && close()}
      >
        {props.trigger}
      </button>
      <Show when={start() ? layers.loaded() : undefined}>
        {(part) => {
          const { MenuLayer } = part();
          return (
            <MenuLayer
              trigger={button}
              id={`${id}-menu`}
              start={start() ?? 'whole'}
              placement={props.placement ?? 'bottom-start'}
              entries={props.entries()}
              onClose={close}
            />
          );
        }}
      </Show>
    </>
  );
}

/** How long a finger stays before it means the menu: a little longer than systems wait that tell of it themselves. */
const HOLD_MS = 700;

interface Place {
  labelId: string;
  x: number;
  y: number;
}

/** A menu at the pointer for what it wraps; the same entries must be reachable another way too. */
export function PointerMenu(props: { children: JSX.Element; entries: () => MenuEntries; class?: string }) {
  const id = createUniqueId();
  const [place, setPlace] = createSignal<Place | null>(null);
  let around!: HTMLDivElement;
  let holding = 0;
  const release = () => clearTimeout(holding);
  const close = () => void setPlace(null);
  const open = (x: number, y: number) => {
    // The menu is named after what was pressed, or what stands first; there a dialog gives the focus back to as well.
    const focused = around.contains(document.activeElement) ? document.activeElement : null;
    const named = focused ?? around.querySelector('a, button') ?? around;
    named.id ||= id;
    setPlace({ labelId: named.id, x, y });
    void layers.want().then((there) => there || close());
  };
  onCleanup(release);
  return (
    <>
      <div
        ref={around}
        class={`pointer-menu ${props.class ?? ''}`}
        onContextMenu={(event) => {
          release();
          if (!props.entries().some(Boolean)) return;
          event.preventDefault();
          event.stopPropagation();
          open(event.clientX, event.clientY);
        }}
        onPointerDown={(event) => {
          release();
          if (event.pointerType === 'mouse') return close();
          const { clientX, clientY } = event;
          if (props.entries().some(Boolean)) holding = window.setTimeout(() => open(clientX, clientY), HOLD_MS);
        }}
        onPointerMove={release}
        onPointerCancel={release}
        onPointerUp={release}
      >
        {props.children}
      </div>
      <Show when={place()} keyed>
        {(at) => (
          <Show when={layers.loaded()}>
            {(part) => {
              const { PointerMenuLayer } = part();
              return <PointerMenuLayer {...at} trigger={around} entries={props.entries()} onClose={close} />;
            }}
          </Show>
        )}
      </Show>
    </>
  );
}
