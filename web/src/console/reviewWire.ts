import type { Snowflake } from '~/api/wire';

/** What `/api/operator/media/review` and `/matches` answer. Sizes are bytes, times Unix milliseconds. */

export interface Use {
  kind: string;
  text: string;
  /** In this client; empty for none. */
  path: string;
}

export interface CaseLine {
  id: Snowflake;
  asset_id: Snowflake;
  state: string;
  action: string;
  label: string;
  hash: string;
  /** Bits of 256 in which the picture and the entry differ. */
  distance: number;
  sender: string;
  name: string;
  kind: string;
  size_bytes: number;
  width: number;
  height: number;
  /** In base64; null when nothing is left of the picture. */
  thumbhash: string | null;
  uses: Use[];
  found_at_ms: number;
  /** Zero while nobody decided. */
  decided_at_ms: number;
  decided_by: string;
}

export interface Overview {
  cases: CaseLine[];
  held: number;
  released: number;
  deleted: number;
  rescan_left: number;
  entries: number;
  distance_max: number;
}

export interface MatchEntry {
  id: Snowflake;
  hash: string;
  label: string;
  action: string;
  added_by: string;
  added_at_ms: number;
}

export interface Matches {
  entries: MatchEntry[];
  count: number;
}

export interface AddedMatches {
  added: number;
  bad: { number: number; reason: string }[];
}
