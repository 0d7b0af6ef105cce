import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';

/** The texts of settings pages, loaded with them. */
export const late = { ...settings, ...guild, ...permission };
