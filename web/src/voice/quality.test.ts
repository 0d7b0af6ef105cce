import { expect, it } from 'vitest';
import { judge, type Sample } from './quality';

const sample = (change: Partial<Sample> = {}): Sample => ({
  at: 0,
  roundTripMs: 40,
  lossOut: 0,
  received: 0,
  lost: 0,
  played: 0,
  concealed: 0,
  ...change,
});

it('is good while nothing stands out', () => {
  expect(judge(sample(), sample({ received: 100, played: 96_000 }))).toEqual({
    grade: 'good',
    reason: 'none',
    roundTripMs: 40,
    lossIn: 0,
    lossOut: 0,
  });
});

it('knows nothing before there are figures', () => {
  expect(judge(null, sample({ roundTripMs: null, lossOut: null })).grade).toBe('unknown');
});

it('names what stands out', () => {
  expect(judge(null, sample({ roundTripMs: 300 }))).toMatchObject({ grade: 'fair', reason: 'delay' });
  expect(judge(null, sample({ roundTripMs: 600 }))).toMatchObject({ grade: 'poor', reason: 'delay' });
  expect(judge(null, sample({ lossOut: 0.2 }))).toMatchObject({ grade: 'poor', reason: 'loss-out' });
  expect(judge(sample(), sample({ received: 95, lost: 5 }))).toMatchObject({ grade: 'fair', reason: 'loss-in' });
  expect(judge(sample(), sample({ played: 96_000, concealed: 20_000 }))).toMatchObject({ reason: 'gaps' });
});

it('names the worst of several', () => {
  expect(judge(null, sample({ roundTripMs: 300, lossOut: 0.3 })).reason).toBe('loss-out');
});

it('judges the last interval, not the call', () => {
  const before = sample({ received: 500, lost: 500 });
  expect(judge(before, sample({ received: 700, lost: 500 })).grade).toBe('good');
});

it('says nothing from a handful of packets', () => {
  expect(judge(sample(), sample({ received: 5, lost: 5 })).lossIn).toBeNull();
});
