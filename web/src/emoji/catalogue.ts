import { createSignal } from 'solid-js';
import { locale } from '~/text';

/** One emoji of Unicode. `tones` are its five skin tones, light to dark, where it has them. */
export interface UnicodeEmoji {
  glyph: string;
  label: string;
  shortcode: string;
  words: string;
  group: number;
  tones: string[] | null;
}

interface Compact {
  hexcode: string;
  unicode: string;
  label: string;
  group?: number;
  order?: number;
  tags?: string[];
  skins?: { unicode: string; hexcode: string }[];
}

/** The groups that the data numbers, in their order; 2 (parts of emojis) is not for picking. */
export const GROUPS = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;

const [emojis, setEmojis] = createSignal<readonly UnicodeEmoji[] | null>(null);
export { emojis };

let loading: Promise<void> | null = null;
let loadedFor = '';

/** Load the emoji data of the language once; it is far too large for the first load. */
export function loadEmojis(): Promise<void> {
  if (!loading || loadedFor !== locale()) {
    loadedFor = locale();
    loading = load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
  }
  return loading;
}

async function load(): Promise<void> {
  const german = locale() === 'de';
  const [data, codes] = await Promise.all([
    german ? import('emojibase-data/de/compact.json') : import('emojibase-data/en/compact.json'),
    import('emojibase-data/en/shortcodes/emojibase.json'),
  ]);
  const shortcodes = codes.default as unknown as Record<string, string | string[]>;
  const list = (data.default as unknown as Compact[])
    .filter((one) => one.group !== undefined && one.group !== 2)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((one): UnicodeEmoji => {
      const names = [shortcodes[one.hexcode] ?? []].flat();
      return {
        glyph: one.unicode,
        label: one.label,
        shortcode: names[0] ?? one.label.replaceAll(' ', '_'),
        words: [...names, one.label, ...(one.tags ?? [])].join(' ').toLowerCase(),
        group: one.group ?? 0,
        tones: one.skins && one.skins.length >= 5 ? one.skins.slice(0, 5).map((skin) => skin.unicode) : null,
      };
    });
  setEmojis(list);
}

/** Emojis whose names or tags have the letters, best first. Empty until the data is loaded. */
export function searchEmojis(query: string, limit: number): UnicodeEmoji[] {
  const wanted = query.toLowerCase().trim();
  const score = (one: UnicodeEmoji): number => {
    if (one.shortcode === wanted) return 4;
    if (one.shortcode.startsWith(wanted)) return 3;
    if (one.words.startsWith(wanted) || one.words.includes(` ${wanted}`)) return 2;
    return one.words.includes(wanted) ? 1 : 0;
  };
  return (emojis() ?? [])
    .map((one) => ({ one, points: score(one) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, limit)
    .map(({ one }) => one);
}

/** The emoji in the chosen skin tone: 0 is none, 1 to 5 light to dark. */
export const toned = (emoji: UnicodeEmoji, tone: number): string => emoji.tones?.[tone - 1] ?? emoji.glyph;
