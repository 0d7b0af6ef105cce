/** Addresses of pictures, all of our own origin. `size` is in CSS pixels and doubled for sharp screens. */
const animated = (hash: string): boolean => hash.startsWith('a_');

/** WebP has a fraction of the bytes of PNG and GIF, and stands still unless it is asked to move. */
const picture = (path: string, size: number, moves: boolean): string =>
  `${path}.webp?size=${size}${moves ? '&animated=true' : ''}`;

/** Twice what the largest emoji, alone in a message, is shown at. */
const EMOJI_PIXELS = 96;

export const assetUrl = {
  avatar: (userId: string, hash: string, size: number): string =>
    picture(`/cdn/avatars/${userId}/${hash}`, pixels(size), animated(hash)),
  icon: (guildId: string, hash: string, size: number): string =>
    picture(`/cdn/icons/${guildId}/${hash}`, pixels(size), animated(hash)),
  emoji: (id: string, isAnimated: boolean): string => picture(`/cdn/emojis/${id}`, EMOJI_PIXELS, isAnimated),
};

/** Sizes are powers of two, so that few variants exist. */
const pixels = (size: number): number => Math.min(512, Math.max(32, 2 ** Math.ceil(Math.log2(size * 2))));

/** Whether a URL lies on this origin; pictures from elsewhere are linked, not loaded, so nobody is tracked by them. */
export const isOwnOrigin = (url: string): boolean => {
  try {
    return new URL(url, location.href).origin === location.origin;
  } catch {
    return false;
  }
};

const DELIVERED = /^\/(cdn|media)\//;

/** A file's address on this origin, whatever public name the server knows itself by. */
export const ownPath = (url: string): string => {
  try {
    const parsed = new URL(url, location.href);
    return DELIVERED.test(parsed.pathname) ? parsed.pathname + parsed.search : url;
  } catch {
    return url;
  }
};

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A file's size in words of the reader's language. */
export function fileSize(bytes: number, locale: string): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: UNITS[unit] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value);
}
