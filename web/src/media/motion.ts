import { createSignal } from 'solid-js';

const query = typeof matchMedia === 'function' ? matchMedia('(prefers-reduced-motion: reduce)') : null;
const [still, setStill] = createSignal(query?.matches ?? false);
query?.addEventListener('change', (event) => setStill(event.matches));

/** Whether the person asked their system for no motion. */
export const prefersStill = still;
