import { action } from './action';
import { chat } from './chat';
import { entry } from './entry';
import { notice } from './notice';
import { shell } from './shell';

/** The texts that the first screens need. */
export const en = { ...action, ...notice, ...entry, ...shell, ...chat };
