import { describe, expect, it } from 'vitest';
import { AWAY_PX, HOLD_MS, isAway, release } from './hold';

const here = { dx: 3, dy: -2 };
const away = { dx: -AWAY_PX - 1, dy: 0 };

describe('a button that records while it is held', () => {
  it('sends when it is let go of, unless the press was a short one', () => {
    expect(release(HOLD_MS + 1, here)).toBe('send');
    expect(release(HOLD_MS - 1, here)).toBe('stay');
  });

  it('discards what was dragged away, to either side or up', () => {
    expect(release(5000, away)).toBe('discard');
    expect(release(5000, { dx: 0, dy: -AWAY_PX - 1 })).toBe('discard');
    expect(isAway({ dx: AWAY_PX - 1, dy: 0 })).toBe(false);
  });
});
