let current: HTMLMediaElement | null = null;

/** One thing is heard at a time: what starts to play stops what played before. */
export function playsNow(element: HTMLMediaElement): void {
  if (current !== element) current?.pause();
  current = element;
}

export function playsNoMore(element: HTMLMediaElement): void {
  if (current === element) current = null;
}
