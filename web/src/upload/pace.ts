/** How fast bytes move, smoothed, so that the time left does not jump. */
export interface Pace {
  /** Milliseconds and bytes of the last look. */
  readonly at: number;
  readonly loaded: number;
  /** Bytes per second; null until enough is known. */
  readonly rate: number | null;
}

/** A new look counts so much against all before it. */
const WEIGHT = 0.3;
/** Looks closer to one another say more of chance than of the connection. */
const LOOK_MS = 400;

export const startPace = (at: number, loaded: number): Pace => ({ at, loaded, rate: null });

export function look(pace: Pace, at: number, loaded: number): Pace {
  if (loaded < pace.loaded) return startPace(at, loaded);
  if (at - pace.at < LOOK_MS) return pace;
  const now = ((loaded - pace.loaded) / (at - pace.at)) * 1000;
  return { at, loaded, rate: pace.rate === null ? now : pace.rate + WEIGHT * (now - pace.rate) };
}

/** Seconds until `total` bytes have moved; null while nobody can tell. */
export function secondsLeft(pace: Pace, loaded: number, total: number): number | null {
  if (pace.rate === null || pace.rate < 1) return null;
  return Math.max(0, Math.ceil((total - loaded) / pace.rate));
}
