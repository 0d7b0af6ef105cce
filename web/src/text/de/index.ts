import type { FirstTexts } from '..';
import { chat } from './chat';
import { common } from './common';
import { entry } from './entry';
import { shell } from './shell';

/** The second catalogue; a key that only English has does not compile. */
export const de: FirstTexts = { ...common, ...entry, ...shell, ...chat };
