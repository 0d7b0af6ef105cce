import { ContextMenu } from '@kobalte/core/context-menu';
import { DropdownMenu } from '@kobalte/core/dropdown-menu';
import { For, type JSX, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { IconType } from './Button';
import './menu.css';

/** One line of a menu; `null` in a list draws a line between groups. */
export interface MenuEntry {
  label: string;
  icon?: IconType;
  run: () => void;
  tone?: 'danger';
  disabled?: boolean;
  checked?: boolean;
}
export type MenuEntries = readonly (MenuEntry | null | false | undefined)[];

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

interface MenuProps {
  /** What the trigger shows. */
  trigger: JSX.Element;
  label: string;
  class?: string;
  entries: () => MenuEntries;
  placement?: 'bottom-start' | 'bottom-end' | 'top-start' | 'right-start';
  onOpenChange?: (open: boolean) => void;
}

/** A button with a menu. */
export function Menu(props: MenuProps) {
  return (
    <DropdownMenu
      placement={props.placement ?? 'bottom-start'}
      gutter={4}
      modal={false}
      onOpenChange={(open) => props.onOpenChange?.(open)}
    >
      <DropdownMenu.Trigger class={props.class ?? 'icon-button'} aria-label={props.label}>
        {props.trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        {/* Over everything, so that a dialog does not hide the menus of its own buttons from screen readers. */}
        <DropdownMenu.Content class="menu" data-kb-top-layer="">
          <Lines entries={props.entries()} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  );
}

/** A menu at the pointer for what it wraps; the same entries must be reachable another way too. */
export function PointerMenu(props: { children: JSX.Element; entries: () => MenuEntries; class?: string }) {
  return (
    <ContextMenu modal={false}>
      <ContextMenu.Trigger as="div" class={props.class ?? ''}>
        {props.children}
      </ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content class="menu">
          <Lines entries={props.entries()} />
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu>
  );
}
