import { describe, expect, it } from 'vitest';
import { csvOf, rowsOf } from './series';
import type { Leg, Point } from './wire';

const START = 1_780_000_000_000;

const leg = (fields: Partial<Leg>): Leg => ({
  track: 'TR_a',
  direction: 'down',
  kind: 'audio',
  packets: 100,
  loss: 0,
  concealed: 0,
  frozen_ms: 0,
  jitter_ms: 4,
  bits_per_second: 32_000,
  spatial: null,
  mos: 4.4,
  legs: 1,
  ...fields,
});

const point = (seconds: number, legs: Leg[], fields: Partial<Point> = {}): Point => ({
  at_ms: START + seconds * 1000,
  transport: 1,
  rtt_ms: 20,
  estimate: null,
  legs,
  ...fields,
});

describe('the rows of a timeline', () => {
  it('bring both connections of five seconds together', () => {
    const rows = rowsOf([
      point(1, [leg({ direction: 'up', loss: 0.1, mos: 3 })], { rtt_ms: 50 }),
      point(3, [leg({})], { transport: 2, estimate: 900_000 }),
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ hears: 4.4, sends: 3, lossUp: 10, lossDown: 0, rttMs: 50, estimate: 900, up: 32 });
  });

  it('are as good as the worse of sound and pictures', () => {
    const [row] = rowsOf([point(0, [leg({}), leg({ kind: 'video', mos: 2.5, spatial: 1 })])]);
    expect(row).toMatchObject({ hears: 2.5, sends: null, layer: 1 });
  });

  it('weigh legs by their packets and leave out those on which nothing moved', () => {
    const [row] = rowsOf([
      point(0, [leg({ packets: 300, loss: 0.1 }), leg({ packets: 100, loss: 0.5 }), leg({ packets: 0, mos: 1 })]),
    ]);
    expect(row?.lossDown).toBeCloseTo(20);
    expect(row?.hears).toBeCloseTo(4.4);
  });

  it('tell what was missing of the sound and how long pictures stood', () => {
    const [row] = rowsOf([
      point(0, [
        leg({ concealed: 0.02 }),
        leg({ kind: 'video', concealed: null, frozen_ms: 500 }),
        leg({ kind: 'video', concealed: null, frozen_ms: 900, legs: 3 }),
        leg({ direction: 'up', concealed: 0.1 }),
      ]),
    ]);
    expect(row).toMatchObject({ missingDown: 2, missingUp: 10, frozenDown: 10 });
  });

  it('take what the way carries from the connection that something is sent on', () => {
    const up = (at: number) => point(at, [leg({ direction: 'up' })], { estimate: 1_000_000 });
    const rows = rowsOf([
      up(0),
      point(1, [leg({})], { transport: 2, estimate: 300_000 }),
      up(5),
      point(6, [], { transport: 2, estimate: 40_000 }),
    ]);
    expect(rows.map((row) => row.estimate)).toEqual([300, 40]);
  });

  it('are parted where nothing was measured, and in order of time', () => {
    const rows = rowsOf([point(60, [leg({})]), point(0, [leg({})]), point(5, [leg({})])]);
    expect(rows.map((row) => row.hears)).toEqual([4.4, 4.4, null, 4.4]);
    expect(rows.map((row) => row.at)).toEqual([...rows.map((row) => row.at)].sort((a, b) => a - b));
  });

  it('are empty without samples', () => expect(rowsOf([])).toEqual([]));

  it('become a table for other programs', () => {
    const lines = csvOf(rowsOf([point(0, [leg({ loss: 1 / 3 })])])).split('\n');
    expect(lines[0]).toMatch(/^time,hears,sends,lossDown/);
    expect(lines[1]).toMatch(/^2026-05-28T20:26:40.000Z,4.4,,33.333,,0,,,20,4,/);
  });
});
