import { createStore } from 'solid-js/store';
import type { Snowflake } from '~/api/wire';
import { type Binding, isBinding } from './binding';

/** How the microphone opens: by voice, or while a key is held. */
export type TalkMode = 'activity' | 'push';

/** What this browser is set to; devices differ from one to the next, so none of it goes to the server. */
export interface VoicePrefs {
  muted: boolean;
  deafened: boolean;
  /** Device ids; empty is the system's own choice. */
  input: string;
  output: string;
  camera: string;
  /** Factors: 1 as it comes, 0 silent, up to 2. */
  inputVolume: number;
  /** 0 to 1. */
  outputVolume: number;
  mode: TalkMode;
  /** Level in dBFS from which a voice opens the microphone; null follows the noise of the room. */
  threshold: number | null;
  pushKey: Binding | null;
  /** How long the microphone stays open after the key is let go, in ms. */
  releaseMs: number;
  noiseSuppression: boolean;
  echoCancellation: boolean;
  autoGain: boolean;
  mirror: boolean;
  sounds: boolean;
  /** Factors by user, where they are not 1. */
  volumes: Record<Snowflake, number>;
}

const KEY = 'hubbub.voice';

export const RELEASE_MS_MAX = 2000;
export const THRESHOLD_DB_MIN = -90;

export const DEFAULT_PREFS: VoicePrefs = {
  muted: false,
  deafened: false,
  input: '',
  output: '',
  camera: '',
  inputVolume: 1,
  outputVolume: 1,
  mode: 'activity',
  threshold: null,
  pushKey: null,
  releaseMs: 200,
  noiseSuppression: true,
  echoCancellation: true,
  autoGain: true,
  mirror: true,
  sounds: true,
  volumes: {},
};

const within = (value: unknown, low: number, high: number, otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;

/** Return `stored` as preferences; what is missing or makes no sense is as by default. */
export function readPrefs(stored: string | null): VoicePrefs {
  let told: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(stored ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) told = parsed as Record<string, unknown>;
  } catch {
    // What cannot be read is chosen anew.
  }
  const prefs: VoicePrefs = structuredClone(DEFAULT_PREFS);
  for (const key of Object.keys(prefs) as (keyof VoicePrefs)[]) {
    if (typeof told[key] === typeof prefs[key] && prefs[key] !== null && told[key] !== null)
      (prefs as unknown as Record<string, unknown>)[key] = told[key];
  }
  prefs.inputVolume = within(told.inputVolume, 0, 2, 1);
  prefs.outputVolume = within(told.outputVolume, 0, 1, 1);
  prefs.releaseMs = within(told.releaseMs, 0, RELEASE_MS_MAX, DEFAULT_PREFS.releaseMs);
  prefs.threshold = typeof told.threshold === 'number' ? within(told.threshold, THRESHOLD_DB_MIN, 0, -50) : null;
  prefs.mode = told.mode === 'push' ? 'push' : 'activity';
  prefs.pushKey = isBinding(told.pushKey) ? told.pushKey : null;
  prefs.volumes = Object.fromEntries(
    Object.entries(prefs.volumes)
      .filter(([, factor]) => typeof factor === 'number')
      .map(([id, factor]) => [id, within(factor, 0, 2, 1)]),
  );
  return prefs;
}

const [prefs, setPrefs] = createStore<VoicePrefs>(readPrefs(localStorage.getItem(KEY)));
export { prefs };

const heard = new Set<(change: Partial<VoicePrefs>) => void>();

/** Hear of every change; returns what ends it. */
export function onPrefs(run: (change: Partial<VoicePrefs>) => void): () => void {
  heard.add(run);
  return () => void heard.delete(run);
}

/** Change preferences here, at once and for the next time. */
export function savePrefs(change: Partial<VoicePrefs>): void {
  setPrefs(change);
  localStorage.setItem(KEY, JSON.stringify(prefs));
  for (const run of heard) run(change);
}

/** How loud one person is to be heard, as a factor. */
export const volumeOf = (userId: Snowflake): number => prefs.volumes[userId] ?? 1;

/** Whether nothing is to be sent from the microphone. */
export const isMuted = (): boolean => prefs.muted || prefs.deafened;
