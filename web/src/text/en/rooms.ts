import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';

/** Texts of the settings, which the first load does not carry. */
export const rooms = { ...settings, ...guild, ...permission };
