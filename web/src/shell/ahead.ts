import { closeLayer, layer, openLayer } from './layer';

let ahead: string[] = [];

const hold = (event: KeyboardEvent): void => {
  if (layer()?.name !== 'switcher') {
    takeAhead();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === 'Escape') closeLayer();
  else ahead.push(event.key);
};

/**
 * Open the switcher. Whoever knows it types on at once, so keys wait here until it can take them: left where the focus
 * was, the name of a channel and Enter would be sent as a message.
 */
export function openSwitcher(): void {
  document.addEventListener('keydown', hold, true);
  openLayer({ name: 'switcher' });
}

/** The keys since `openSwitcher`, for the switcher that listens from now on. */
export function takeAhead(): string[] {
  document.removeEventListener('keydown', hold, true);
  const keys = ahead;
  ahead = [];
  return keys;
}
