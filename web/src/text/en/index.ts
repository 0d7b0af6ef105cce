import { chat } from './chat';
import { common } from './common';
import { entry } from './entry';
import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';
import { shell } from './shell';

/** The first catalogue, put together from the rooms that speak. */
export const en = { ...common, ...entry, ...shell, ...chat, ...settings, ...guild, ...permission };
