/** Speech this long is no cough; pauses between words take a third of what they last away from it. */
const SPEECH_MS = 1_000;
const PAUSE_SHARE = 1 / 3;
/** For how long after the last word the hint stays. */
const LASTS_MS = 6_000;
/** How long it stays away the first time, and how much longer each time after: who is muted may talk to others. */
const AWAY_MS = 60_000;
const LONGER = 4;
/** More between two reports is no speech: the page was asleep. */
const STEP_MS_MAX = 250;

/**
 * When to tell somebody who talks that they are muted. It owns no clock: every report of the microphone says the time.
 *
 * What is shown goes away by itself, comes back ever more seldom, and no more once it was dismissed, until the person
 * was heard again in between.
 */
export class MutedHint {
  #isShown = false;
  #isDismissed = false;
  #spokenMs = 0;
  #lastMs = 0;
  #wordMs = 0;
  #quietUntilMs = 0;
  #awayMs = AWAY_MS;

  get isShown(): boolean {
    return this.#isShown;
  }

  /** Take one report of the microphone. */
  hear(talks: boolean, muted: boolean, nowMs: number): void {
    const step = Math.min(STEP_MS_MAX, Math.max(0, nowMs - this.#lastMs));
    this.#lastMs = nowMs;
    if (!muted) return this.reset();
    if (talks) this.#wordMs = nowMs;
    this.#spokenMs = Math.min(SPEECH_MS, Math.max(0, this.#spokenMs + step * (talks ? 1 : -PAUSE_SHARE)));
    if (this.#isShown) {
      if (nowMs - this.#wordMs > LASTS_MS) this.#hide(nowMs);
    } else if (!this.#isDismissed && this.#spokenMs >= SPEECH_MS && nowMs >= this.#quietUntilMs) {
      this.#isShown = true;
    }
  }

  /** The person knows. */
  dismiss(): void {
    this.#isShown = false;
    this.#isDismissed = true;
  }

  /** The person is heard, or no longer in a call. */
  reset(): void {
    this.#isShown = false;
    this.#isDismissed = false;
    this.#spokenMs = 0;
    this.#quietUntilMs = 0;
    this.#awayMs = AWAY_MS;
  }

  #hide(nowMs: number): void {
    this.#isShown = false;
    this.#spokenMs = 0;
    this.#quietUntilMs = nowMs + this.#awayMs;
    this.#awayMs *= LONGER;
  }
}
