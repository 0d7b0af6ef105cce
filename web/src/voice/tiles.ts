/** How the tiles of a call lie: pure, so that the view only draws. */

/** A tile shows a person, or the screen they share. */
export interface Tile {
  /** Stable while the tile is there. */
  key: string;
  kind: 'person' | 'screen';
  userId: string;
}

export interface Someone {
  userId: string;
  screen: boolean;
}

/** Return the tiles of `people` in their order: screens first, since people look at them. */
export function tilesOf(people: readonly Someone[]): Tile[] {
  const tile = (kind: Tile['kind'], userId: string): Tile => ({ key: `${kind}-${userId}`, kind, userId });
  return [
    ...people.filter((one) => one.screen).map((one) => tile('screen', one.userId)),
    ...people.map((one) => tile('person', one.userId)),
  ];
}

/** What the person chose to see large: a tile, everyone alike (null), or nothing yet (undefined). */
export type Choice = string | null | undefined;

/** Return the key of the tile to show large, or null for all alike. A screen of another shows large by itself. */
export function focusOf(choice: Choice, tiles: readonly Tile[], ownId: string): string | null {
  if (choice === null) return null;
  if (choice !== undefined && tiles.some((tile) => tile.key === choice)) return choice;
  return tiles.find((tile) => tile.kind === 'screen' && tile.userId !== ownId)?.key ?? null;
}

/** Whether a choice made before goes on when the screens change from `before` to `now`: a new one is looked at. */
export function choiceAfter(choice: Choice, before: readonly string[], now: readonly string[]): Choice {
  return now.some((key) => !before.includes(key)) ? undefined : choice;
}

export interface Grid {
  columns: number;
  /** Pixels of one tile. */
  width: number;
  height: number;
}

const WIDEST = 16 / 9;
/** How tall a tile may be: in a tall place, as on a phone, faces fill more than a stripe. */
const TALLEST_ACROSS = 4 / 3;
const TALLEST_UPRIGHT = 2 / 3;

/** Return the grid in which `count` tiles in `width` × `height` pixels become largest. */
export function gridOf(count: number, width: number, height: number, gap: number): Grid {
  const tallest = width > height ? TALLEST_ACROSS : TALLEST_UPRIGHT;
  let best: Grid = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const roomX = Math.max(0, (width - gap * (columns - 1)) / columns);
    const roomY = Math.max(0, (height - gap * (rows - 1)) / rows);
    const tileHeight = Math.floor(Math.min(roomY, roomX / tallest));
    const tileWidth = Math.floor(Math.min(roomX, tileHeight * WIDEST));
    if (tileWidth * tileHeight > best.width * best.height) best = { columns, width: tileWidth, height: tileHeight };
  }
  return best;
}
