import type { Leg, Point } from './wire';

/** One row of a timeline: five seconds of a person, both connections together. Null is unknown. */
export interface Row {
  /** Unix seconds. */
  at: number;
  hears: number | null;
  sends: number | null;
  /** Per cent. */
  lossDown: number | null;
  lossUp: number | null;
  /** Per cent of the sound that was not there in time. */
  missingDown: number | null;
  missingUp: number | null;
  /** Per cent of the time that pictures stood still. */
  frozenDown: number | null;
  rttMs: number | null;
  jitterDownMs: number | null;
  jitterUpMs: number | null;
  /** Kilobits per second. */
  down: number | null;
  up: number | null;
  estimate: number | null;
  layer: number | null;
}

const SLOT_MS = 5000;
/** Rows further apart than this are parted by an empty one, so that no line is drawn where nothing was measured. */
const GAP_SLOTS = 3;

export const FIGURES = [
  'hears',
  'sends',
  'lossDown',
  'lossUp',
  'missingDown',
  'missingUp',
  'frozenDown',
  'rttMs',
  'jitterDownMs',
  'jitterUpMs',
  'down',
  'up',
  'estimate',
  'layer',
] as const satisfies readonly (keyof Row)[];

/** Put the samples of a person's connections into one row for each five seconds, in order of time. */
export function rowsOf(points: readonly Point[]): Row[] {
  const slots = new Map<number, Point[]>();
  // Of a connection on which nothing is sent to the person, the estimate is only where estimating would begin.
  const downlinks = new Set(
    points.filter((point) => point.legs.some((leg) => leg.direction === 'down')).map((point) => point.transport),
  );
  for (const point of points) {
    const slot = Math.floor(point.at_ms / SLOT_MS);
    const there = slots.get(slot);
    if (there) there.push(point);
    else slots.set(slot, [point]);
  }
  const rows: Row[] = [];
  let before: number | null = null;
  for (const slot of [...slots.keys()].sort((a, b) => a - b)) {
    if (before !== null && slot - before >= GAP_SLOTS) rows.push(rowOf(before + 1, [], downlinks));
    rows.push(rowOf(slot, slots.get(slot) ?? [], downlinks));
    before = slot;
  }
  return rows;
}

function rowOf(slot: number, points: readonly Point[], downlinks: ReadonlySet<number>): Row {
  const legs = points.flatMap((point) => point.legs).filter((leg) => leg.packets > 0);
  const down = legs.filter((leg) => leg.direction === 'down');
  const up = legs.filter((leg) => leg.direction === 'up');
  const percent = (share: number | null) => (share === null ? null : share * 100);
  return {
    at: (slot * SLOT_MS) / 1000,
    hears: opinionOf(down),
    sends: opinionOf(up),
    lossDown: percent(weighed(down, (leg) => leg.loss)),
    lossUp: percent(weighed(up, (leg) => leg.loss)),
    missingDown: percent(missing(down)),
    missingUp: percent(missing(up)),
    frozenDown: percent(frozen(down)),
    rttMs: highest(points.map((point) => point.rtt_ms)),
    jitterDownMs: weighed(down, (leg) => leg.jitter_ms),
    jitterUpMs: weighed(up, (leg) => leg.jitter_ms),
    down: kilobits(down),
    up: kilobits(up),
    estimate: kilo(highest(points.map((point) => (downlinks.has(point.transport) ? point.estimate : null)))),
    layer: layerOf(down),
  };
}

/** As good as the worse of sound and pictures, as the server has it. */
function opinionOf(legs: readonly Leg[]): number | null {
  const kinds = (['audio', 'video'] as const).map((kind) =>
    weighed(
      legs.filter((leg) => leg.kind === kind && leg.mos !== null),
      (leg) => leg.mos ?? 0,
    ),
  );
  const known = kinds.filter((mos) => mos !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function weighed(legs: readonly Leg[], figure: (leg: Leg) => number): number | null {
  const packets = legs.reduce((sum, leg) => sum + leg.packets, 0);
  return packets > 0 ? legs.reduce((sum, leg) => sum + figure(leg) * leg.packets, 0) / packets : null;
}

const missing = (legs: readonly Leg[]): number | null =>
  weighed(
    legs.filter((leg) => leg.concealed !== null),
    (leg) => leg.concealed ?? 0,
  );

/** Share of the time that the pictures stood still that did so longest. */
function frozen(legs: readonly Leg[]): number | null {
  const longest = highest(legs.filter((leg) => leg.kind === 'video').map((leg) => leg.frozen_ms / leg.legs));
  return longest === null ? null : Math.min(longest / SLOT_MS, 1);
}

const kilobits = (legs: readonly Leg[]): number | null =>
  legs.length > 0 ? legs.reduce((sum, leg) => sum + leg.bits_per_second, 0) / 1000 : null;

const kilo = (value: number | null): number | null => (value === null ? null : value / 1000);

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** The layer of the picture that most was received of. */
function layerOf(legs: readonly Leg[]): number | null {
  const pictures = legs.filter((leg) => leg.kind === 'video' && leg.spatial !== null);
  const largest = pictures.sort((a, b) => b.bits_per_second - a.bits_per_second)[0];
  return largest?.spatial ?? null;
}

/** The rows as comma-separated values with a heading, times in ISO 8601. */
export function csvOf(rows: readonly Row[]): string {
  const cell = (value: number | null) => (value === null ? '' : String(Math.round(value * 1000) / 1000));
  const lines = rows.map((row) =>
    [new Date(row.at * 1000).toISOString(), ...FIGURES.map((name) => cell(row[name]))].join(','),
  );
  return [['time', ...FIGURES].join(','), ...lines].join('\n');
}
