import type { early as en } from '../en';
import type { late as enLate } from '../en/late';
import { chat } from './chat';
import { common } from './common';
import { entry } from './entry';
import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';
import { shell } from './shell';

/** The second catalogue; a key that only English has does not compile. */
export const early: Record<keyof typeof en, string> = { ...common, ...entry, ...shell, ...chat };
export const late: Record<keyof typeof enLate, string> = { ...settings, ...guild, ...permission };
