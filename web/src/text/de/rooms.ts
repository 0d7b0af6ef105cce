import type { RoomTexts } from '../texts';
import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';
import { voice } from './voice';

/** The texts of settings and calls; a key that only English has does not compile. */
export const rooms: RoomTexts = { ...settings, ...guild, ...permission, ...voice };
