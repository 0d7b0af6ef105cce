/** When the microphone lets through: by voice, or as told from outside (a held key, a test). */
export type GateRule =
  | { readonly kind: 'voice'; readonly threshold: number | null }
  | { readonly kind: 'fixed'; readonly open: boolean };

/** What a gate reports: the level of the last block in dBFS, and whether it let it through. */
export interface GateReport {
  level: number;
  open: boolean;
}

export const SILENCE_DB = -100;

/** How long it stays open after the last loud block: pauses between words are shorter. */
const HOLD_S = 0.35;
/** Opening is quick so that the first consonant is kept; closing slow so that no one hears it. */
const ATTACK_S = 0.004;
const RELEASE_S = 0.06;
/** How far over the noise of the room a voice is, and within which bounds that noise is believed. */
const OVER_NOISE_DB = 12;
const LOWEST_DB = -62;
const HIGHEST_DB = -30;
/** The floor follows falling noise at once and rising noise slowly, in dB per second, so that speech does not raise it. */
const FLOOR_RISE_DB_S = 3;

/** Return the level of `block` in dBFS, `SILENCE_DB` at least. */
export function levelOf(block: Float32Array): number {
  let sum = 0;
  for (const sample of block) sum += sample * sample;
  const mean = block.length === 0 ? 0 : sum / block.length;
  return mean <= 1e-10 ? SILENCE_DB : Math.max(SILENCE_DB, 10 * Math.log10(mean));
}

/** A noise gate over blocks of samples; it owns no clock, time is counted in samples. */
export class Gate {
  rule: GateRule = { kind: 'voice', threshold: null };
  #gain = 0;
  #held = 0;
  #floor = LOWEST_DB - OVER_NOISE_DB;
  #level = SILENCE_DB;

  constructor(private readonly sampleRate: number) {}

  get report(): GateReport {
    return { level: this.#level, open: this.#held > 0 };
  }

  /** Copy `input` to `output` as far as the rule lets it through; both hold one block of the same length. */
  process(input: Float32Array, output: Float32Array): void {
    const seconds = input.length / this.sampleRate;
    const level = levelOf(input);
    // Falls slowly, as meters do, and rises at once.
    this.#level = Math.max(level, this.#level - 60 * seconds);
    this.#follow(level, seconds);
    const target = this.#held > 0 ? 1 : 0;
    const rate = 1 / ((target === 1 ? ATTACK_S : RELEASE_S) * this.sampleRate);
    for (let index = 0; index < input.length; index++) {
      this.#gain = target === 1 ? Math.min(1, this.#gain + rate) : Math.max(0, this.#gain - rate);
      output[index] = (input[index] ?? 0) * this.#gain;
    }
  }

  #follow(level: number, seconds: number): void {
    if (this.rule.kind === 'fixed') {
      this.#held = this.rule.open ? HOLD_S : 0;
      return;
    }
    this.#floor = level < this.#floor ? level : Math.min(level, this.#floor + FLOOR_RISE_DB_S * seconds);
    const threshold = this.rule.threshold ?? Math.min(HIGHEST_DB, Math.max(LOWEST_DB, this.#floor + OVER_NOISE_DB));
    this.#held = level > threshold ? HOLD_S : Math.max(0, this.#held - seconds);
  }
}
