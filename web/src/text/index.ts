import { resolveTemplate, translator } from '@solid-primitives/i18n';
import { createSignal } from 'solid-js';
import { en } from './en';

/** Every text of the client by key. English is the first catalogue and the shape of the others. */
export type Catalogue = { readonly [K in keyof typeof en]: string };
export type TextKey = keyof Catalogue;

export const LOCALES = { en: 'English', de: 'Deutsch' } as const;
export type Locale = keyof typeof LOCALES;

const LOADERS: Record<Locale, () => Promise<Catalogue>> = {
  en: async () => en,
  de: async () => (await import('./de')).de,
};

const [catalogue, setCatalogue] = createSignal<Catalogue>(en);
const [locale, setLocaleSignal] = createSignal<Locale>('en');

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

/** Switch the language; resolves once its catalogue is loaded. */
export async function setLocale(next: Locale): Promise<void> {
  setCatalogue(await LOADERS[next]());
  setLocaleSignal(next);
  document.documentElement.lang = next;
}

/** The language to start with: the one chosen before, else the browser's if there is a catalogue for it. */
export function preferredLocale(chosen: unknown): Locale {
  const wanted = [chosen, ...navigator.languages.map((tag) => tag.split('-')[0])];
  return (wanted.find((tag) => typeof tag === 'string' && tag in LOCALES) as Locale | undefined) ?? 'en';
}
