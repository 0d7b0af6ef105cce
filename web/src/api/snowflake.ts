import type { Snowflake } from './wire';

const EPOCH_MS = 1420070400000;

/** Order two ids by age: negative when `a` is older. They are numbers too long for a double, so text decides. */
export function compareIds(a: Snowflake, b: Snowflake): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Unix milliseconds at which `id` was made. */
export function timeOf(id: Snowflake): number {
  return Number(BigInt(id) >> 22n) + EPOCH_MS;
}

/** The smallest id that could have been made at `unixMs`. */
export function idAt(unixMs: number): Snowflake {
  return (BigInt(Math.max(0, Math.floor(unixMs - EPOCH_MS))) << 22n).toString();
}

let counter = 0;

/** A nonce for an optimistic send: an id of now, unlike any other of this page. */
export function newNonce(): string {
  counter = (counter + 1) % 4096;
  const random = BigInt(Math.floor(Math.random() * 1024)) << 12n;
  return (BigInt(idAt(Date.now())) | random | BigInt(counter)).toString();
}
