/** Times in words of the reader's language. Formatters are kept, since making one costs more than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The reader's own region where the browser names one for the language: clocks and dates differ within a language. */
const regional = (locale: string): string => navigator.languages.find((tag) => tag.split('-')[0] === locale) ?? locale;

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(regional(locale), options);
    formatters.set(key, found);
  }
  return found;
}

const STYLES: Record<string, Intl.DateTimeFormatOptions> = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};

/** A moment in one of the styles of `<t:…>` marks. */
export function formatStamp(unixMs: number, style: string, locale: string): string {
  const date = new Date(unixMs);
  if (Number.isNaN(date.getTime())) return '—';
  return formatter(locale, STYLES[style] ?? STYLES.f ?? {}).format(date);
}

export const clockTime = (iso: string, locale: string): string => formatStamp(Date.parse(iso), 't', locale);

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();

/** "14:05" today, "yesterday 14:05", else date and time. */
export function messageTime(iso: string, locale: string, yesterday: string): string {
  const date = new Date(iso);
  const now = new Date();
  if (sameDay(date, now)) return clockTime(iso, locale);
  const before = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(date, before)) return `${yesterday} ${clockTime(iso, locale)}`;
  return formatter(locale, { dateStyle: 'short', timeStyle: 'short' }).format(date);
}

export const dayName = (iso: string, locale: string): string => formatStamp(Date.parse(iso), 'D', locale);

/** A day in few letters, for lists. */
export const shortDay = (unixMs: number, locale: string): string =>
  Number.isNaN(unixMs) ? '—' : formatter(locale, { dateStyle: 'medium' }).format(unixMs);

export const isSameDay = (a: string, b: string): boolean => sameDay(new Date(a), new Date(b));

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 hours ago", "in 2 days". */
export function relativeTime(unixMs: number, locale: string): string {
  const seconds = Math.round((unixMs - Date.now()) / 1000);
  if (Number.isNaN(seconds)) return '—';
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
