import { describe, expect, it } from 'vitest';
import { COLUMNS, coverWidth, mosaic } from './mosaic';

describe('several pictures of one message', () => {
  it('fill whole rows, however many there are', () => {
    for (let count = 2; count <= 10; count++) {
      const tiles = mosaic(count);
      expect(tiles).toHaveLength(count);
      const cells = tiles.reduce((sum, tile) => sum + tile.across * tile.down, 0);
      expect(cells % COLUMNS).toBe(0);
    }
  });

  it('stand beside each other in rows of two or three, and one large beside two', () => {
    expect(mosaic(1)).toEqual([]);
    expect(mosaic(2).map((tile) => tile.across)).toEqual([3, 3]);
    expect(mosaic(3).map((tile) => tile.down)).toEqual([2, 1, 1]);
    expect(mosaic(5).map((tile) => tile.across)).toEqual([3, 3, 2, 2, 2]);
  });

  it('are asked for as wide as they are before they are cut', () => {
    const [tile] = mosaic(2);
    expect(tile && coverWidth(tile, 1, 480)).toBe(240);
    expect(tile && coverWidth(tile, 2, 480)).toBe(480);
    expect(tile && coverWidth(tile, 0.5, 480)).toBe(240);
  });
});
