import { describe, expect, it } from 'vitest';
import { choiceAfter, focusOf, gridOf, tilesOf } from './tiles';

const PEOPLE = [
  { userId: '1', screen: false },
  { userId: '2', screen: true },
];
const TILES = tilesOf(PEOPLE);

describe('tiles', () => {
  it('are one for each person and one for each screen, screens first', () => {
    expect(TILES.map((tile) => tile.key)).toEqual(['screen-2', 'person-1', 'person-2']);
  });

  it('show a screen of another large by itself, the own one not', () => {
    expect(focusOf(undefined, TILES, '1')).toBe('screen-2');
    expect(focusOf(undefined, TILES, '2')).toBeNull();
  });

  it('follow the choice while its tile is there', () => {
    expect(focusOf('person-1', TILES, '1')).toBe('person-1');
    expect(focusOf(null, TILES, '1')).toBeNull();
    expect(focusOf('screen-9', TILES, '1')).toBe('screen-2');
  });

  it('forget the choice when a new screen comes, not when one goes', () => {
    expect(choiceAfter(null, [], ['screen-2'])).toBeUndefined();
    expect(choiceAfter('person-1', ['screen-2'], [])).toBe('person-1');
  });
});

describe('the grid', () => {
  it('puts two side by side on a wide screen and above each other on a phone', () => {
    expect(gridOf(2, 1200, 700, 8).columns).toBe(2);
    expect(gridOf(2, 374, 560, 8).columns).toBe(1);
  });

  it('fills the place without passing it', () => {
    for (const count of [1, 2, 3, 5, 9, 16, 25]) {
      for (const [width, height] of [
        [1180, 690],
        [374, 600],
        [800, 300],
      ] as const) {
        const grid = gridOf(count, width, height, 8);
        const rows = Math.ceil(count / grid.columns);
        expect(grid.width).toBeGreaterThan(30);
        expect(grid.columns * grid.width + (grid.columns - 1) * 8).toBeLessThanOrEqual(width);
        expect(rows * grid.height + (rows - 1) * 8).toBeLessThanOrEqual(height);
      }
    }
  });

  it('has no size in no place', () => {
    expect(gridOf(3, 0, 0, 8)).toMatchObject({ width: 0, height: 0 });
  });
});
