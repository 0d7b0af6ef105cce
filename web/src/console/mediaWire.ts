import type { Snowflake } from '~/api/wire';

/** What `/api/operator/media` answers. Sizes are bytes, times Unix milliseconds; null is unknown. */

export interface Amount {
  name: string;
  objects: number;
  size_bytes: number;
}

export interface JobLine {
  id: Snowflake;
  kind: string;
  /** Null when the file is gone. */
  name: string | null;
  owner: string | null;
  size_bytes: number | null;
  attempts: number;
  progress: number;
  node: string;
  code: string;
  message: string;
  began_at_ms: number;
}

export interface JobCount {
  kind: string;
  state: string;
  number: number;
}

export interface UploadLine {
  id: Snowflake;
  name: string;
  owner: string;
  offset_bytes: number;
  size_bytes: number | null;
  began_at_ms: number;
}

export interface Counted {
  since_ms: number;
  variants: Record<string, number>;
  deliveries: Record<string, number>;
  delivered_bytes: Record<string, number>;
  processed_bytes: Record<string, number>;
  cpu_s: Record<string, number>;
}

export interface CostLine {
  name: string;
  amount: number;
  unit: string;
  /** Zero when it was not set. */
  price: number;
  cost: number;
  /** By the gigabyte kept, processed or delivered; null where none was. */
  per_gb: number | null;
}

export interface MediaReport {
  at_ms: number;
  /** Null while all that is kept is counted for the first time. */
  counted_at_ms: number | null;
  kept: Amount[];
  /** What recompressed originals would take besides. */
  saved_bytes: number;
  variants: Amount[];
  jobs: JobCount[];
  /** A sum that reaches this may be more. */
  count_max: number;
  running: JobLine[];
  parked: JobLine[];
  uploads: { number: number; arrived_bytes: number; announced_bytes: number; latest: UploadLine[] };
  /** What all servers did in the last thirty days. */
  month: Counted;
  currency: string;
  costs: CostLine[];
}

/** What `/api/operator/media/guilds` answers. */
export interface GuildShares {
  /** What one guild may have. */
  bytes_max: number;
  guilds: { id: Snowflake; name: string; size_bytes: number }[];
}
