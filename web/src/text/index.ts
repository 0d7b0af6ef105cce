import { resolveTemplate, translator } from '@solid-primitives/i18n';
import { createSignal } from 'solid-js';
import { early } from './en';
import type { late } from './en/late';

/** Every text of the client by key. English is the first catalogue and the shape of the others. */
export type Catalogue = { readonly [K in keyof typeof early | keyof typeof late]: string };
export type TextKey = keyof Catalogue;

export const LOCALES = { en: 'English', de: 'Deutsch' } as const;
export type Locale = keyof typeof LOCALES;

/** A catalogue in two parts: what the first screens need, and the rest, which comes with the pages that need it. */
interface Parts {
  early: () => Promise<Partial<Catalogue>>;
  late: () => Promise<Partial<Catalogue>>;
}

const LOADERS: Record<Locale, Parts> = {
  en: { early: async () => early, late: async () => (await import('./en/late')).late },
  de: { early: async () => (await import('./de')).early, late: async () => (await import('./de')).late },
};

const [catalogue, setCatalogue] = createSignal<Catalogue>(early as Catalogue);
const [locale, setLocaleSignal] = createSignal<Locale>('en');
let lateWanted = false;

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
  const parts = [await LOADERS[next].early(), lateWanted ? await LOADERS[next].late() : {}];
  setCatalogue(Object.assign({}, ...parts) as Catalogue);
  setLocaleSignal(next);
  document.documentElement.lang = next;
}

/** Load the texts of the settings pages too; to be awaited before one of those shows. */
export async function loadLateTexts(): Promise<void> {
  if (lateWanted) return;
  lateWanted = true;
  const more = await LOADERS[locale()].late();
  setCatalogue({ ...catalogue(), ...more });
}

/** The language to start with: the one chosen before, else the browser's if there is a catalogue for it. */
export function preferredLocale(chosen: unknown): Locale {
  const wanted = [chosen, ...navigator.languages.map((tag) => tag.split('-')[0])];
  return (wanted.find((tag) => typeof tag === 'string' && tag in LOCALES) as Locale | undefined) ?? 'en';
}
