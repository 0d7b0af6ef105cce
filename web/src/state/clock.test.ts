import { createEffect, createRoot } from 'solid-js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isAhead } from './clock';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What whoever reads `unixMs` is told, in order. */
function follow(unixMs: number): boolean[] {
  const told: boolean[] = [];
  createRoot(() => createEffect(() => told.push(isAhead(unixMs))));
  return told;
}

it('tells when a moment has come', () => {
  const told = follow(Date.now() + 60_000);
  vi.advanceTimersByTime(59_000);
  expect(told).toEqual([true]);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([true, false]);
});

it('waits longer than one timer can', () => {
  const weeks = 28 * 24 * 3_600_000;
  const told = follow(Date.now() + weeks);
  vi.advanceTimersByTime(weeks - 1_000);
  expect(told.at(-1)).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(told.at(-1)).toBe(false);
});

it('takes what is no time for long past', () => {
  expect(follow(Number.NaN)).toEqual([false]);
});
