import { locale } from '~/text';

/** Figures in the reader's own notation. */

const number = (value: number, digits: number): string =>
  value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const DASH = '–';

/** An opinion from 1 to 5. */
export const mosText = (mos: number | null): string => (mos === null ? DASH : number(mos, 1));

/** Which of three an opinion is. 3.5: under it many are dissatisfied; 4: from there people are satisfied (G.107). */
export const mosClass = (mos: number | null): 'none' | 'bad' | 'fair' | 'good' =>
  mos === null ? 'none' : mos < 3.5 ? 'bad' : mos < 4 ? 'fair' : 'good';

/** A share as per cent; small ones with a decimal. */
export function shareText(share: number | null): string {
  if (share === null) return DASH;
  const percent = Math.max(0, share) * 100;
  return `${number(percent, percent > 0 && percent < 1 ? 1 : 0)} %`;
}

export const msText = (ms: number | null): string => (ms === null ? DASH : `${number(ms, 0)} ms`);

export const rateText = (bitsPerSecond: number): string =>
  bitsPerSecond >= 1_000_000
    ? `${number(bitsPerSecond / 1_000_000, 1)} Mbit/s`
    : `${number(bitsPerSecond / 1000, 0)} kbit/s`;

/** A duration as h:mm:ss or m:ss. */
export function clockText(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** A duration in words short enough for a sentence. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes === 0) return `${whole} s`;
  return rest > 0 && minutes < 10 ? `${minutes} min ${rest} s` : `${minutes.toLocaleString(locale())} min`;
}

/** A whole number. */
export const countText = (value: number): string => number(value, 0);

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A number of bytes in the largest unit of which there is one. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${number(size, unit > 0 && size < 10 ? 1 : 0)} ${UNITS[unit]}`;
}
