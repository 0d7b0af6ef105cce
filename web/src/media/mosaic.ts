/** How several pictures of one message share its width: rows of tiles, or one large beside two small ones. */

/** So many columns divide evenly into one, two and three tiles. */
export const COLUMNS = 6;

export interface Tile {
  /** Columns and rows that it takes. */
  across: number;
  down: number;
  /** Width by height. */
  ratio: number;
}

/** Tiles in each row, by how many pictures there are. */
const ROWS: Readonly<Record<number, readonly number[]>> = {
  2: [2],
  4: [2, 2],
  5: [2, 3],
  6: [3, 3],
  7: [1, 3, 3],
  8: [2, 3, 3],
  9: [3, 3, 3],
  10: [1, 3, 3, 3],
};
const WIDE = 2;

/** Return a tile for each of `count` pictures, in their order; none for one alone, which keeps its own shape. */
export function mosaic(count: number): Tile[] {
  if (count < 2) return [];
  if (count === 3) {
    const small: Tile = { across: 2, down: 1, ratio: 1 };
    return [{ across: 4, down: 2, ratio: 1 }, small, small];
  }
  const rows = ROWS[count] ?? Array.from({ length: Math.ceil(count / 3) }, () => 3);
  return rows
    .flatMap((tiles) =>
      Array.from({ length: tiles }, () => ({ across: COLUMNS / tiles, down: 1, ratio: tiles === 1 ? WIDE : 1 })),
    )
    .slice(0, count);
}

/** CSS pixels that a picture of these proportions is wide where it fills a tile, cut at two sides. */
export function coverWidth(tile: Tile, proportions: number, whole: number): number {
  const width = (whole * tile.across) / COLUMNS;
  return Math.round(Math.max(width, (width / tile.ratio) * proportions));
}
