/** What one look at the connection's figures told, added up since the call began unless noted. */
export interface Sample {
  /** Unix milliseconds. */
  at: number;
  /** Round trip in ms, now; null when unknown. */
  roundTripMs: number | null;
  /** Share of our packets lost on the way to the server, now; null when nothing is sent. */
  lossOut: number | null;
  received: number;
  lost: number;
  /** Samples of sound played, and of those made up for missing ones. */
  played: number;
  concealed: number;
}

export type Grade = 'unknown' | 'good' | 'fair' | 'poor';
/** Why a connection is not good: which figure stands out. */
export type Reason = 'none' | 'delay' | 'loss-in' | 'loss-out' | 'gaps' | 'server';

export interface Quality {
  grade: Grade;
  reason: Reason;
  roundTripMs: number | null;
  /** Shares from 0 to 1 over the last interval; null when unknown. */
  lossIn: number | null;
  lossOut: number | null;
}

export const UNKNOWN: Quality = { grade: 'unknown', reason: 'none', roundTripMs: null, lossIn: null, lossOut: null };

/**
 * Where a figure is fair, and where poor. Talk suffers from 250 ms of round trip (ITU-T G.114: 150 ms one way), Opus
 * hides a few per cent of loss, and redundancy some more.
 */
const LIMITS = {
  delay: [250, 450],
  'loss-in': [0.03, 0.1],
  'loss-out': [0.03, 0.1],
  gaps: [0.05, 0.15],
} as const;

/** Packets that an interval must have before its loss says anything. */
const ENOUGH = 25;

const share = (part: number, whole: number): number | null => (whole < ENOUGH ? null : Math.max(0, part) / whole);

/** Judge the interval between two looks; the figure furthest beyond its limit is the reason. */
export function judge(before: Sample | null, now: Sample): Quality {
  const received = now.received - (before?.received ?? 0);
  const lost = now.lost - (before?.lost ?? 0);
  const lossIn = share(lost, received + lost);
  const gaps = share(now.concealed - (before?.concealed ?? 0), now.played - (before?.played ?? 0));
  const figures: readonly [Exclude<Reason, 'none' | 'server'>, number | null][] = [
    ['delay', now.roundTripMs],
    ['loss-in', lossIn],
    ['loss-out', now.lossOut],
    ['gaps', gaps],
  ];
  let worst = 0;
  let reason: Reason = 'none';
  for (const [name, value] of figures) {
    const [fair, poor] = LIMITS[name];
    // 1 at the limit of fair, 2 at that of poor.
    const excess = value === null ? 0 : value < fair ? value / fair : 1 + (value - fair) / (poor - fair);
    if (excess < 1 || excess <= worst) continue;
    worst = excess;
    reason = name;
  }
  const known = figures.some(([, value]) => value !== null);
  const grade: Grade = worst >= 2 ? 'poor' : worst >= 1 ? 'fair' : known ? 'good' : 'unknown';
  return { grade, reason, roundTripMs: now.roundTripMs, lossIn, lossOut: now.lossOut };
}
