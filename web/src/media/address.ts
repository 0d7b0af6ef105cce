/**
 * Addresses of files that the media engine delivers: how large a picture is asked for, and until when one is good.
 *
 * Size and format are not signed, so they are added here; the server snaps them to what it renders.
 */
const FILES = '/media/files/';

/** Widths in pixels that are offered to the browser: steps of at most twice, all of them sizes that the server keeps. */
const WIDTHS = [160, 320, 640, 1024, 1536, 2048] as const;

export interface Rendition {
  /** Pixels; the picture keeps its proportions and is never enlarged. */
  width?: number;
  format?: 'avif' | 'webp' | 'jpeg' | 'png';
}

/** Whether the picture at `url` can be had in other sizes. */
export const isRendered = (url: string): boolean => url.startsWith(FILES);

/** The address of a picture in another size or format; an address that knows neither stays as it is. */
export function rendition(url: string, asked: Rendition): string {
  if (!isRendered(url)) return url;
  const more = new URLSearchParams();
  if (asked.width !== undefined) more.set('width', String(asked.width));
  if (asked.format !== undefined) more.set('format', asked.format);
  return `${url}${url.includes('?') ? '&' : '?'}${more}`;
}

/** What `srcset` says of a picture `width` pixels wide; undefined where there is one size only. */
export function sources(url: string, width: number, format?: Rendition['format']): string | undefined {
  if (!isRendered(url)) return undefined;
  const fitting = WIDTHS.filter((_, index) => index === 0 || (WIDTHS[index - 1] ?? 0) < width);
  return fitting
    .map((each) => `${rendition(url, { width: each, ...(format && { format }) })} ${Math.min(each, width)}w`)
    .join(', ');
}

/** Unix milliseconds until which a signed address is good; null where it is not signed. */
export function goodUntil(url: string): number | null {
  const expiry = /[?&]ex=([0-9a-f]{1,12})(?:&|$)/.exec(url)?.[1];
  return expiry === undefined ? null : Number.parseInt(expiry, 16) * 1000;
}
