import { expect, it } from 'vitest';
import { qualities } from './hls';

it('offers each height once, the largest first', () => {
  expect(qualities([{ height: 360 }, { height: 1080 }, { height: 360 }, { height: 0 }])).toEqual([
    { index: 1, height: 1080 },
    { index: 0, height: 360 },
  ]);
});
