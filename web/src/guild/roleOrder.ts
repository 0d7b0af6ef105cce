import { batch } from 'solid-js';
import { guilds } from '~/api/calls';
import type { Role, Snowflake } from '~/api/wire';
import { rank, sortedRoles } from '~/state/select';
import { setStore, store } from '~/state/store';

/** Whether the person stands above `role` and may so change it. */
export const canTouchRole = (guildId: Snowflake, role: Role): boolean =>
  store.me !== null && rank(guildId, store.me.id) > role.position;

/** Positions of `order` (high to low, @everyone last): only those that change. */
export function changedPositions(order: readonly Role[]): { id: Snowflake; position: number }[] {
  return order
    .map((role, index) => ({ id: role.id, position: order.length - 1 - index, before: role.position }))
    .filter(({ position, before }) => position !== before)
    .map(({ id, position }) => ({ id, position }));
}

/** Put a role at `index` of the list from high to low: here at once, and back again when the server refuses. */
export async function moveRole(guildId: Snowflake, roleId: Snowflake, index: number): Promise<void> {
  const before = sortedRoles(guildId);
  const moved = before.find((role) => role.id === roleId);
  if (!moved) return;
  const order = before.filter((role) => role.id !== roleId);
  order.splice(Math.min(index, order.length - 1), 0, moved);
  const moves = changedPositions(order);
  const undo = moves.map(({ id }) => ({ id, position: store.roles[guildId]?.[id]?.position ?? 0 }));
  const apply = (positions: typeof moves) =>
    batch(() => {
      for (const { id, position } of positions) {
        if (store.roles[guildId]?.[id]) setStore('roles', guildId, id, 'position', position);
      }
    });
  apply(moves);
  try {
    await guilds.moveRoles(guildId, moves);
  } catch (error) {
    apply(undo);
    throw error;
  }
}
