import { createSignal } from 'solid-js';
import type { Channel } from '~/api/wire';
import { onForget } from '~/state/store';

/** The one dialog that is open, if any; views anywhere may ask for one. */
export type Layer =
  /** `join`: the person came to paste a link. */
  | { name: 'add-guild'; join?: boolean }
  | { name: 'create-channel'; guildId: string; parentId?: string | null; category?: boolean }
  | { name: 'channel-settings'; channel: Channel }
  | { name: 'invite'; channelId: string }
  | { name: 'leave-guild'; guildId: string }
  | { name: 'switcher' }
  | { name: 'shortcuts' }
  | { name: 'confirm'; title: string; text: string; action: string; run: () => Promise<unknown> | void }
  | { name: 'picture'; pictures: Picture[]; index: number };

export interface Picture {
  url: string;
  name: string;
  width: number | null;
  height: number | null;
  /** A thumbhash in base64, shown until the picture is there. */
  placeholder?: string | undefined;
  /** What it shows, in words. */
  description?: string | undefined;
  /** Keep other words for it; absent where the person may not. */
  describe?: ((text: string) => Promise<unknown>) | undefined;
}

const [layer, setLayer] = createSignal<Layer | null>(null);

onForget(() => setLayer(null));
export { layer };

/** What had the focus before a dialog took it; of a menu's line, the button whose menu it was. */
let before: HTMLElement | null = null;

export function openLayer(next: Layer): void {
  if (!layer()) {
    const focused = document.activeElement as HTMLElement | null;
    const opener = focused?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
    before = opener ? document.getElementById(opener) : focused;
  }
  setLayer(next);
}

/** Close the dialog; the focus goes back where it was, else to the composer. */
export function closeLayer(): void {
  setLayer(null);
  setTimeout(() => {
    if (layer() || (document.activeElement && document.activeElement !== document.body)) return;
    const goal = before?.isConnected && before !== document.body ? before : document.getElementById('composer');
    goal?.focus();
  });
}

/** Ask before something that cannot be undone. */
export const confirm = (title: string, text: string, action: string, run: () => Promise<unknown> | void): void =>
  openLayer({ name: 'confirm', title, text, action, run });
