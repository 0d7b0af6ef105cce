import { ContextMenu } from '@kobalte/core/context-menu';
import { DropdownMenu } from '@kobalte/core/dropdown-menu';
import { For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { adopt } from './adopt';
import type { MenuEntries, MenuEntry, MenuPlacement, MenuStart } from './menuEntry';
import './menu-layer.css';

/** Drop what does not apply, and dividers that divide nothing. */
const tidy = (entries: MenuEntries): (MenuEntry | null)[] => {
  const kept = entries.filter((entry): entry is MenuEntry | null => entry !== false && entry !== undefined);
  return kept.filter(
    (entry, index) => entry !== null || (index > 0 && index < kept.length - 1 && kept[index - 1] !== null),
  );
};

function Lines(props: { entries: MenuEntries }) {
  return (
    <For each={tidy(props.entries)}>
      {(entry) => (
        <Show when={entry} fallback={<DropdownMenu.Separator class="menu-line" />}>
          {(line) => (
            <DropdownMenu.Item
              class={`menu-item ${line().tone === 'danger' ? 'menu-item-danger' : ''}`}
              disabled={line().disabled ?? false}
              onSelect={() => line().run()}
            >
              <Show when={line().icon}>{(icon) => <Dynamic component={icon()} size={16} aria-hidden="true" />}</Show>
              {line().label}
            </DropdownMenu.Item>
          )}
        </Show>
      )}
    </For>
  );
}

interface MenuLayerProps {
  /** The button that the menu belongs to; its id names the menu. */
  trigger: HTMLElement;
  id: string;
  start: MenuStart;
  placement: MenuPlacement;
  entries: MenuEntries;
  onClose: () => void;
}

const START_KEYS = { first: 'ArrowDown', last: 'ArrowUp' } as const;

/** The open menu of a button, from its mounting until `onClose`. */
export function MenuLayer(props: MenuLayerProps) {
  const { trigger, start } = props;
  return (
    <DropdownMenu
      defaultOpen={start === 'whole'}
      placement={props.placement}
      gutter={4}
      modal={false}
      onOpenChange={(open) => !open && props.onClose()}
    >
      <DropdownMenu.Trigger
        id={trigger.id}
        as={adopt(trigger, ({ onKeyDown }) => {
          if (start === 'whole' || !onKeyDown) return;
          // The key that was pressed before there was anything to hear it. It does not bubble: all others heard it then.
          trigger.addEventListener('keydown', onKeyDown, { once: true });
          trigger.dispatchEvent(new KeyboardEvent('keydown', { key: START_KEYS[start], cancelable: true }));
        })}
      />
      <DropdownMenu.Portal>
        {/* Over everything, so that a dialog does not hide the menus of its own buttons from screen readers. */}
        <DropdownMenu.Content class="menu" id={props.id} data-kb-top-layer="">
          <Lines entries={props.entries} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}

interface PointerMenuLayerProps {
  /** What the menu is for, and the id of what names it. */
  trigger: HTMLElement;
  labelId: string;
  /** Where it opens, in CSS pixels of the viewport. */
  x: number;
  y: number;
  entries: MenuEntries;
  onClose: () => void;
}

/** The open menu at the pointer, from its mounting until `onClose`. */
export function PointerMenuLayer(props: PointerMenuLayerProps) {
  const press = new MouseEvent('contextmenu', { clientX: props.x, clientY: props.y, cancelable: true });
  return (
    <ContextMenu modal={false} onOpenChange={(open) => !open && props.onClose()}>
      <ContextMenu.Trigger as={adopt(props.trigger, ({ onContextMenu }) => onContextMenu?.(press))} />
      <ContextMenu.Portal>
        <ContextMenu.Content class="menu" aria-labelledby={props.labelId}>
          <Lines entries={props.entries} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu>
  );
}
