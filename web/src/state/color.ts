import { createSignal } from 'solid-js';

const [dark, setDark] = createSignal(false);

/** Whether the page shows its dark colours now. */
export { dark as isDark, setDark };

/** Contrast that small text needs (WCAG AA). */
const ENOUGH = 4.5;
/** Relative luminance of the grounds on which names stand: the least favourable of each theme, a mention under the pointer. */
const LIGHT_GROUND = 0.8;
const DARK_GROUND = 0.035;

const channel = (value: number): number => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

type Rgb = readonly [number, number, number];

const luminance = ([red, green, blue]: Rgb): number =>
  0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);

/** Contrast of two luminances, 1 to 21. */
export function contrast(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const mixed = (color: Rgb, towards: number, share: number): Rgb =>
  color.map((value) => Math.round(value + (towards - value) * share)) as unknown as Rgb;

const known = new Map<string, string>();

/**
 * A role's colour as text: the colour itself where it can be read, else the nearest towards black or white that can.
 *
 * Roles are coloured by people who see one theme; the others must be able to read the names too.
 */
export function readableColor(color: number, onDark: boolean): string {
  const key = `${color}/${onDark}`;
  const found = known.get(key);
  if (found) return found;
  const source: Rgb = [(color >> 16) & 255, (color >> 8) & 255, color & 255];
  const ground = onDark ? DARK_GROUND : LIGHT_GROUND;
  let made = source;
  for (let share = 0; share <= 1 && contrast(luminance(made), ground) < ENOUGH; share += 0.05) {
    made = mixed(source, onDark ? 255 : 0, share);
  }
  const text = `#${made.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  known.set(key, text);
  return text;
}
