import { createSignal } from 'solid-js';
import type { Snowflake } from '~/api/wire';
import { onForget } from '~/state/store';

/** Whose voice card is open, and what it is beside. */
export interface OpenCard {
  userId: Snowflake;
  guildId: Snowflake;
  anchor: HTMLElement;
}

const [card, setCard] = createSignal<OpenCard | null>(null);
export { card };

export const openCard = (userId: Snowflake, guildId: Snowflake, anchor: HTMLElement): void =>
  void setCard({ userId, guildId, anchor });
export const closeCard = (): void => void setCard(null);
onForget(closeCard);
