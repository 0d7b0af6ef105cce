import { chat } from './chat';
import { common } from './common';
import { entry } from './entry';
import { shell } from './shell';

/** The texts that the first screens need. */
export const en = { ...common, ...entry, ...shell, ...chat };
