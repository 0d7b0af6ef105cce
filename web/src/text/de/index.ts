import type { FirstTexts } from '../texts';
import { action } from './action';
import { chat } from './chat';
import { entry } from './entry';
import { notice } from './notice';
import { shell } from './shell';

/** The second catalogue; a key that only English has does not compile. */
export const de: FirstTexts = { ...action, ...notice, ...entry, ...shell, ...chat };
