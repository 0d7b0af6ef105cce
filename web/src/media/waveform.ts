/** How many points the server takes. */
export const POINTS_MAX = 256;

/** Loudness of equally long stretches, 0 to 255 each, as a message carries it; empty where it carries none. */
export function readWaveform(text: string | undefined): number[] {
  if (!text) return [];
  try {
    return [...atob(text)].slice(0, POINTS_MAX).map((one) => one.charCodeAt(0));
  } catch {
    return [];
  }
}

/** The same as it is sent. */
export const writeWaveform = (points: readonly number[]): string => btoa(String.fromCharCode(...points));

/** What is this loud or louder fills the height; what is quieter all the way through is drawn larger, up to this. */
const QUIET = 64;

/** The same points as they are drawn: so that the loudest of them reach the full height, unless all is near silence. */
export function raised(points: readonly number[]): number[] {
  const loudest = Math.max(QUIET, ...points);
  return points.map((point) => (point / loudest) * 255);
}

/** As many bars as there is room for, 0 to 1 each: the loudest of what each stands for. */
export function bars(points: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * points.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * points.length) / count));
    return Math.max(0, ...points.slice(from, to)) / 255;
  });
}

/** Loudnesses that were measured, 0 to 1 each, as points: so many as are sent, the loudest of them at full height. */
export function points(loudness: readonly number[]): number[] {
  const count = Math.min(POINTS_MAX, loudness.length);
  const loudest = Math.max(...loudness, 0.01);
  return bars(
    loudness.map((each) => (each / loudest) * 255),
    count,
  ).map((each) => Math.round(each * 255));
}

/** Loudness of samples between -1 and 1: their root mean square. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}
