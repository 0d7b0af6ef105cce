import { createSignal } from 'solid-js';
import { keysOf } from './binding';
import { prefs } from './prefs';

/** Which letters this keyboard has where; only some browsers tell. */
const [layout, setLayout] = createSignal<ReadonlyMap<string, string> | null>(null);
const keyboard = (navigator as { keyboard?: { getLayoutMap?: () => Promise<Map<string, string>> } }).keyboard;
void keyboard?.getLayoutMap?.().then(setLayout, () => undefined);

/** The keys that are held to talk, as they are written on this keyboard; none when none was chosen. */
export const pushKeys = (): string[] => (prefs.pushKey ? keysOf(prefs.pushKey, layout()) : []);
