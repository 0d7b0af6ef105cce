import { resolveTemplate, translator } from '@solid-primitives/i18n';
import { createSignal } from 'solid-js';
import { en } from './en';
import type { FirstTexts, RoomTexts } from './texts';

/** Every text of the client by key. */
type Catalogue = FirstTexts & RoomTexts;
export type TextKey = keyof Catalogue;

export const LOCALES = { en: 'English', de: 'Deutsch' } as const;
export type Locale = keyof typeof LOCALES;

const FIRST: Record<Locale, () => Promise<FirstTexts>> = {
  en: async () => en,
  de: async () => (await import('./de')).de,
};
const ROOMS: Record<Locale, () => Promise<RoomTexts>> = {
  en: async () => (await import('./en/rooms')).rooms,
  de: async () => (await import('./de/rooms')).rooms,
};

// Before the rooms' texts are there, nothing that shows them is: `withRoomTexts` sees to it.
const [catalogue, setCatalogue] = createSignal(en as unknown as Catalogue);
const [locale, setLocaleSignal] = createSignal<Locale>('en');
let wanted: Locale = 'en';
let roomsWanted = false;

const translate = translator(catalogue, resolveTemplate);

/** Return the text of `key` in the chosen language, with `{{ name }}` places filled from `args`. */
export function t(key: TextKey, args?: Record<string, string | number>): string {
  return (translate as (key: TextKey, args?: Record<string, string | number>) => string)(key, args);
}

/** Return the `.one` or `.other` text of a counted thing; the count fills `{{ count }}`. */
export function tn(key: CountedKey, count: number, args?: Record<string, string | number>): string {
  const form = new Intl.PluralRules(locale()).select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as TextKey, { count: count.toLocaleString(locale()), ...args });
}
type CountedKey = { [K in TextKey]: K extends `${infer P}.other` ? P : never }[TextKey];

export { locale };

/** Show what is wanted; what was wanted otherwise meanwhile is loaded before anything shows. */
async function load(): Promise<void> {
  const [next, withRooms] = [wanted, roomsWanted];
  const [first, rooms] = await Promise.all([FIRST[next](), withRooms ? ROOMS[next]() : null]);
  if (next !== wanted || withRooms !== roomsWanted) return load();
  setCatalogue({ ...first, ...rooms } as Catalogue);
  setLocaleSignal(next);
  document.documentElement.lang = next;
}

/** Switch the language; resolves once its catalogue is loaded. */
export function setLocale(next: Locale): Promise<void> {
  wanted = next;
  return load();
}

/** Load the rooms' texts beside a page that shows them; resolves to the page once both are there. */
export async function withRoomTexts<T>(page: Promise<T>): Promise<T> {
  roomsWanted = true;
  const [loaded] = await Promise.all([page, load()]);
  return loaded;
}

/** The language to start with: the one chosen before, else the browser's if there is a catalogue for it. */
export function preferredLocale(chosen: unknown): Locale {
  const wanted = [chosen, ...navigator.languages.map((tag) => tag.split('-')[0])];
  return (wanted.find((tag) => typeof tag === 'string' && tag in LOCALES) as Locale | undefined) ?? 'en';
}
