import { createSignal } from 'solid-js';
import type { Channel } from '~/api/wire';

/** The one dialog that is open, if any; views anywhere may ask for one. */
export type Layer =
  | { name: 'add-guild' }
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
}

const [layer, setLayer] = createSignal<Layer | null>(null);

export { layer };
export const openLayer = (next: Layer): void => void setLayer(next);
export const closeLayer = (): void => void setLayer(null);

/** Ask before something that cannot be undone. */
export const confirm = (title: string, text: string, action: string, run: () => Promise<unknown> | void): void =>
  openLayer({ name: 'confirm', title, text, action, run });
