import { createEffect, createSignal } from 'solid-js';

/** Decoded placeholders by their hash; a message list shows the same ones again and again. */
const drawn = new Map<string, string>();
const DRAWN_MAX = 400;

async function draw(hash: string): Promise<string | null> {
  const known = drawn.get(hash);
  if (known !== undefined) return known;
  const { thumbHashToDataURL } = await import('thumbhash');
  try {
    const url = thumbHashToDataURL(Uint8Array.from(atob(hash), (one) => one.charCodeAt(0)));
    if (drawn.size >= DRAWN_MAX) drawn.clear();
    drawn.set(hash, url);
    return url;
  } catch {
    return null; // a picture without a placeholder is a picture still
  }
}

/** The blurred likeness of a picture that has not arrived, as an address of its own; null while there is none. */
export function createPlaceholder(hash: () => string | undefined): () => string | null {
  const [url, setUrl] = createSignal<string | null>(null);
  createEffect(() => {
    const wanted = hash();
    setUrl((wanted && drawn.get(wanted)) || null);
    if (wanted && !drawn.has(wanted))
      void draw(wanted).then((made) => {
        if (wanted === hash()) setUrl(made);
      });
  });
  return url;
}
