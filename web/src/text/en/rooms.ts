import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';
import { voice } from './voice';

/** Texts of settings and calls, which the first load does not carry. */
export const rooms = { ...settings, ...guild, ...permission, ...voice };
