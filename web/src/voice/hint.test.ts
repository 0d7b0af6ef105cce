import { describe, expect, it } from 'vitest';
import { MutedHint } from './hint';

/** Talk or be silent for so many seconds from `from` on, a report each 50 ms; return when the hint came on or went. */
function during(hint: MutedHint, talks: boolean, seconds: number, from: number, muted = true): number {
  const end = from + seconds * 1000;
  for (let now = from; now < end; now += 50) hint.hear(talks, muted, now);
  return end;
}

describe('the hint for those who talk while muted', () => {
  it('comes with speech, and not with a cough', () => {
    const hint = new MutedHint();
    const now = during(hint, true, 0.6, 1_000);
    expect(hint.isShown).toBe(false);
    during(hint, true, 0.6, now);
    expect(hint.isShown).toBe(true);
  });

  it('comes with speech that has pauses between its words', () => {
    const hint = new MutedHint();
    let now = 1_000;
    for (let word = 0; word < 4; word++) now = during(hint, false, 0.4, during(hint, true, 0.5, now));
    expect(hint.isShown).toBe(true);
  });

  it('is for the muted alone, and ends when they are heard', () => {
    const hint = new MutedHint();
    let now = during(hint, true, 5, 1_000, false);
    expect(hint.isShown).toBe(false);
    now = during(hint, true, 2, now);
    expect(hint.isShown).toBe(true);
    hint.hear(true, false, now);
    expect(hint.isShown).toBe(false);
  });

  it('goes by itself after the last word, and comes back ever more seldom', () => {
    const hint = new MutedHint();
    let now = during(hint, false, 7, during(hint, true, 2, 1_000));
    expect(hint.isShown).toBe(false);
    now = during(hint, true, 50, now);
    expect(hint.isShown).toBe(false);
    now = during(hint, true, 12, now);
    expect(hint.isShown).toBe(true);
    now = during(hint, true, 200, during(hint, false, 7, now));
    expect(hint.isShown).toBe(false);
    during(hint, true, 50, now);
    expect(hint.isShown).toBe(true);
  });

  it('does not come back once it was dismissed, before the person was heard', () => {
    const hint = new MutedHint();
    let now = during(hint, true, 2, 1_000);
    hint.dismiss();
    now = during(hint, true, 3_600, now);
    expect(hint.isShown).toBe(false);
    now = during(hint, true, 1, now, false);
    during(hint, true, 2, now);
    expect(hint.isShown).toBe(true);
  });
});
