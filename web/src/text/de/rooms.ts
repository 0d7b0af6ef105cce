import type { RoomTexts } from '../texts';
import { guild } from './guild';
import { permission } from './permission';
import { settings } from './settings';

/** The texts of the settings; a key that only English has does not compile. */
export const rooms: RoomTexts = { ...settings, ...guild, ...permission };
