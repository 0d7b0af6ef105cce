import { expect, test } from 'vitest';
import type { Role } from '~/api/wire';
import { changedPositions } from './roleOrder';

const role = (id: string, position: number): Role => ({
  id,
  name: id,
  color: 0,
  hoist: false,
  position,
  permissions: '0',
  managed: false,
  mentionable: false,
});

test('two roles that change places are the only ones sent', () => {
  const order = [role('3', 3), role('1', 1), role('2', 2), role('0', 0)];
  expect(changedPositions(order)).toEqual([
    { id: '1', position: 2 },
    { id: '2', position: 1 },
  ]);
});

test('an order that stands already sends nothing', () => {
  expect(changedPositions([role('2', 2), role('1', 1), role('0', 0)])).toEqual([]);
});
