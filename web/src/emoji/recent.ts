import { createSignal } from 'solid-js';

const KEY = 'hubbub.emojis';
const KEPT = 27;
const FIRST = ['👍', '❤️', '😂', '🎉', '👀', '🙏'];

const stored = (): string[] => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as string[];
  } catch {
    return [];
  }
};
const [recent, setRecent] = createSignal<readonly string[]>(stored());

/** Unicode emojis used last, filled up with a few that everybody uses. */
export const recentEmojis = (): string[] => [...new Set([...recent(), ...FIRST])].slice(0, KEPT);

export function noteEmoji(glyph: string): void {
  const next = [glyph, ...recent().filter((other) => other !== glyph)].slice(0, KEPT);
  setRecent(next);
  localStorage.setItem(KEY, JSON.stringify(next));
}
