import { expect, it, vi } from 'vitest';
import { beginLoadingAhead, createPart } from './part';

it('loads what is wanted once, and keeps it', async () => {
  const load = vi.fn(async () => ({ here: true }));
  const part = createPart(load);
  expect(part.loaded()).toBeUndefined();
  expect(await part.want()).toBe(true);
  expect(await part.want()).toBe(true);
  expect(part.loaded()).toEqual({ here: true });
  expect(load).toHaveBeenCalledTimes(1);
});

it('tries again after a failure', async () => {
  const load = vi.fn().mockRejectedValueOnce(new TypeError('offline')).mockResolvedValue({ here: true });
  const part = createPart<{ here: boolean }>(load);
  expect(await part.want()).toBe(false);
  expect(part.loaded()).toBeUndefined();
  expect(await part.want()).toBe(true);
});

it('loads ahead once the first view stands, whichever was there first', async () => {
  vi.useFakeTimers();
  const early = createPart(async () => ({ name: 'early' }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(early.loaded()).toBeUndefined();
  beginLoadingAhead();
  const late = createPart(async () => ({ name: 'late' }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(early.loaded()).toEqual({ name: 'early' });
  expect(late.loaded()).toEqual({ name: 'late' });
  vi.useRealTimers();
});
