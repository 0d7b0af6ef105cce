import { resolveTemplate, translator } from '@solid-primitives/i18n';
import { createMemo, createRoot } from 'solid-js';
import { type Locale, locale } from '~/text';
import { de } from './de';
import { type ConsoleTexts, en } from './en';

const CATALOGUES: Record<Locale, ConsoleTexts> = { en, de };
const catalogue = createRoot(() => createMemo(() => CATALOGUES[locale()]));
const translate = translator(catalogue, resolveTemplate);

export type ConsoleKey = keyof ConsoleTexts;

/** Return a text of the console in the chosen language; its own catalogue, since few people ever load it. */
export function c(key: ConsoleKey, args?: Record<string, string | number>): string {
  return (translate as (key: ConsoleKey, args?: Record<string, string | number>) => string)(key, args);
}

/** Whether there is a text of that key: servers may be newer than this page. */
export const isKey = (key: string): key is ConsoleKey => key in en;
