import { createSignal } from 'solid-js';
import { onForget } from '~/state/store';

/** Whose card is open, and what it is beside. */
export interface OpenProfile {
  userId: string;
  guildId: string | undefined;
  anchor: HTMLElement;
}

const [profile, setProfile] = createSignal<OpenProfile | null>(null);
export { profile };

export const openProfile = (userId: string, guildId: string | undefined, anchor: HTMLElement): void =>
  void setProfile({ userId, guildId, anchor });
export const closeProfile = (): void => void setProfile(null);
onForget(closeProfile);
