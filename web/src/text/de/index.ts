import type { Catalogue } from '..';
import { chat } from './chat';
import { common } from './common';
import { entry } from './entry';
import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';
import { shell } from './shell';

/** The second catalogue; a key that only English has does not compile. */
export const de: Catalogue = { ...common, ...entry, ...shell, ...chat, ...settings, ...guild, ...permission };
