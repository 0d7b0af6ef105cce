import type { IconType } from './Button';

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

export type MenuPlacement = 'bottom-start' | 'bottom-end' | 'top-start' | 'right-start';
/** What has the focus in a menu that opens: a line, or the menu itself until an arrow chooses one. */
export type MenuStart = 'first' | 'last' | 'whole';
