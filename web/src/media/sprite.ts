/** One moment of a video in the sheet of its small pictures. */
export interface Moment {
  /** Seconds. */
  start: number;
  end: number;
  url: string;
  /** Where it lies in the sheet, in the sheet's pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
}

const TIMES = /^((?:\d+:)?\d{2}:\d{2}\.\d{3})\s+-->\s+((?:\d+:)?\d{2}:\d{2}\.\d{3})/;
const PLACE = /^(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/;
/** Films have hundreds; a file with more is not worth its memory. */
const MOMENTS_MAX = 5000;

const seconds = (time: string): number => time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

/**
 * Return the moments that a WebVTT of pictures names, in its order; cues that name no place in a picture are left out.
 *
 * `base` is the file's own address, to which those of its pictures are relative.
 * Source: WebVTT, 4.1; Media Fragments URI 1.0, 4.2.2.
 */
export function readSprite(text: string, base: string): Moment[] {
  const found: Moment[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length && found.length < MOMENTS_MAX; index++) {
    const times = TIMES.exec(lines[index]?.trim() ?? '');
    const place = times && PLACE.exec(lines[index + 1]?.trim() ?? '');
    if (!times || !place) continue;
    const [, start = '', end = ''] = times;
    const [, path = '', ...box] = place;
    const [x = 0, y = 0, width = 0, height = 0] = box.map(Number);
    found.push({ start: seconds(start), end: seconds(end), url: new URL(path, base).href, x, y, width, height });
  }
  return found;
}

/** The moment at `time` seconds, or the last before it. */
export const momentAt = (moments: readonly Moment[], time: number): Moment | undefined =>
  moments.findLast((moment) => moment.start <= time) ?? moments[0];
