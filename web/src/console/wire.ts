import type { Snowflake } from '~/api/wire';

/** What `/api/operator/calls` answers. Opinions are 1 to 5, shares 0 to 1, times Unix milliseconds; null is unknown. */

export interface Call {
  id: Snowflake;
  title: string;
  room: string;
  guild_id: Snowflake | null;
  guild_name: string;
  channel_id: Snowflake | null;
  node_id: string;
  region: string;
  began_at_ms: number;
  /** Null while it lasts. */
  ended_at_ms: number | null;
  stays: number;
  people_peak: number;
  /** Lowest opinion of anybody over ten seconds. */
  worst_mos: number | null;
  cause: string;
  sentence: string;
}

export interface CallPage {
  calls: Call[];
  /** What to ask for next; null when these are the last. */
  before: Snowflake | null;
}

export interface Cause {
  code: string;
  side: string;
  sentence: string;
  person: Snowflake | null;
  person_name: string;
  about: Snowflake | null;
  about_name: string;
  seconds: number;
  mean: number;
  worst: number;
  first_ms: number | null;
  last_ms: number | null;
  reached: number;
  /** Share of the sound that was not there in time meanwhile; null when unknown. */
  missing: number | null;
  /** Seconds that pictures stood still meanwhile. */
  frozen_s: number;
}

export interface Verdict {
  code: string;
  sentence: string;
  causes: Cause[];
}

export interface Opinion {
  mean: number | null;
  worst: number | null;
  bad_s: number;
  loss: number | null;
  /** Share of the sound that was not there when it was to be played. */
  concealed: number | null;
  /** Times and seconds that pictures stood still. */
  freezes: number | null;
  frozen_s: number | null;
}

export interface TrackNote {
  sid: string;
  kind: string;
  source: string;
  name: string;
}

export interface Refusals {
  unauthentic: number;
  replayed: number;
  unknown: number;
  malformed: number;
}

export interface Stay {
  id: Snowflake;
  identity: string;
  name: string;
  client: string;
  remote: string;
  protocol: string;
  began_at_ms: number;
  connected_at_ms: number | null;
  ended_at_ms: number | null;
  left_because: string;
  sends: Opinion;
  hears: Opinion;
  rtt_ms: number | null;
  reconnects: number;
  /** Packets from the person that were not taken, by reason; null when there were none. */
  refused: Refusals | null;
  tracks: TrackNote[];
  verdict: Verdict;
}

export interface CallDetail {
  call: Call;
  verdict: Verdict;
  people: Stay[];
}

export interface Leg {
  track: string;
  direction: 'up' | 'down';
  kind: 'audio' | 'video';
  packets: number;
  loss: number;
  /** Share of the sound that was not there when it was to be played; null for pictures. */
  concealed: number | null;
  frozen_ms: number;
  jitter_ms: number;
  bits_per_second: number;
  spatial: number | null;
  mos: number | null;
  /** How many legs this sums up. */
  legs: number;
}

export interface Point {
  at_ms: number;
  transport: number;
  rtt_ms: number | null;
  /** Bits per second. */
  estimate: number | null;
  legs: Leg[];
}

export interface Mark {
  at_ms: number;
  what: string;
  track: string;
  value: number;
  detail: string;
}

export interface Timeline {
  points: Point[];
  marks: Mark[];
  next_ms: number | null;
}
