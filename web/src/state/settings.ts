import { createEffect, createRoot } from 'solid-js';
import { me } from '~/api/calls';
import { preferredLocale, setLocale } from '~/text';
import { setDark } from './color';
import { DEFAULT_SETTINGS, onForget, type Settings, setStore, store } from './store';

const CACHE = 'hubbub.appearance';

/** What the server is known to have, and what was changed here and is on its way there, oldest first. */
let saved: Settings = structuredClone(DEFAULT_SETTINGS);
let unsaved: readonly Partial<Settings>[] = [];
onForget(() => {
  saved = structuredClone(DEFAULT_SETTINGS);
  unsaved = [];
});

const show = (): void => setStore('settings', Object.assign({}, saved, ...unsaved) as Settings);

/** Take settings told by the server over the defaults, ignoring what this client does not know. */
export function mergeSettings(told: Record<string, unknown>): void {
  const next: Record<string, unknown> = structuredClone(DEFAULT_SETTINGS) as unknown as Record<string, unknown>;
  for (const key of Object.keys(DEFAULT_SETTINGS)) {
    const value = told[key];
    if (value === undefined || value === null) continue;
    next[key] = typeof value === 'object' ? { ...(next[key] as object), ...value } : value;
  }
  saved = next as unknown as Settings;
  show();
}

/** Change settings here at once and on the server; a failure to save takes the change back. */
export async function saveSettings(change: Partial<Settings>): Promise<void> {
  unsaved = [...unsaved, change];
  show();
  try {
    if (store.phase === 'signed-in') await me.saveSettings(change);
    if (unsaved.includes(change)) saved = { ...saved, ...change };
  } finally {
    unsaved = unsaved.filter((other) => other !== change);
    show();
  }
}

/**
 * Start from what this browser showed last: the first paint has the right colours, and nobody who wants to be
 * invisible is seen for the moment until the server has told their settings.
 */
export function restoreAppearance(): void {
  try {
    const cached = JSON.parse(localStorage.getItem(CACHE) ?? '{}') as Record<string, unknown>;
    mergeSettings(cached);
  } catch {
    // A damaged cache is only a cache.
  }
}

/** Keep theme, density and language of the page in step with the settings. */
export function followAppearance(): () => void {
  return createRoot((dispose) => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const paint = () => {
      const { theme, density } = store.settings;
      const root = document.documentElement;
      const shown = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
      root.dataset.theme = shown;
      setDark(shown === 'dark');
      root.dataset.density = density;
    };
    createEffect(() => {
      paint();
      const { theme, density, locale, showMembers, status } = store.settings;
      localStorage.setItem(CACHE, JSON.stringify({ theme, density, locale, showMembers, status }));
    });
    createEffect(() => void setLocale(preferredLocale(store.settings.locale)));
    dark.addEventListener('change', paint);
    return () => {
      dark.removeEventListener('change', paint);
      dispose();
    };
  });
}
