import { expect, it } from 'vitest';
import { clock } from './time';

it('reads like a clock', () => {
  expect([0, 7.9, 754, 3723].map(clock)).toEqual(['0:00', '0:07', '12:34', '1:02:03']);
});

it('starts at nothing while the length is unknown', () => {
  expect([Number.NaN, Number.POSITIVE_INFINITY, -1].map(clock)).toEqual(['0:00', '0:00', '0:00']);
});
