import { expect, test } from 'vitest';
import { Bit } from '~/api/permissions';
import { bitsOf, orderedTargets, verdictOf, withVerdict } from './overwrite';

test('a verdict is set, changed and taken back without touching other bits', () => {
  const start = { allow: Bit.SEND_MESSAGES, deny: Bit.ADD_REACTIONS };
  const denied = withVerdict(start, 'VIEW_CHANNEL', 'deny');
  expect(verdictOf(denied, 'VIEW_CHANNEL')).toBe('deny');
  const allowed = withVerdict(denied, 'VIEW_CHANNEL', 'allow');
  expect(verdictOf(allowed, 'VIEW_CHANNEL')).toBe('allow');
  expect(withVerdict(allowed, 'VIEW_CHANNEL', 'inherit')).toEqual(start);
});

test('a missing overwrite inherits everything', () => {
  expect(verdictOf(bitsOf(undefined), 'SEND_MESSAGES')).toBe('inherit');
});

test('@everyone is always there and comes first, members last', () => {
  const overwrites = [
    { id: '7', type: 1, allow: '0', deny: '0' },
    { id: '5', type: 0, allow: '1', deny: '0' },
  ] as const;
  expect(orderedTargets([...overwrites], '1').map((one) => one.id)).toEqual(['1', '5', '7']);
});
