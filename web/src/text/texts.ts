import type { en } from './en';
import type { rooms } from './en/rooms';

/** The texts that the first screens need. English is the first catalogue and the shape of the others. */
export type FirstTexts = { readonly [K in keyof typeof en]: string };

/** The texts of settings and calls, loaded with them. */
export type RoomTexts = { readonly [K in keyof typeof rooms]: string };
