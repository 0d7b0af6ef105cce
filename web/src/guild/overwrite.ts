import { Bit, type BitName } from '~/api/permissions';
import type { Overwrite, Snowflake } from '~/api/wire';

/** What an overwrite says about one bit; `inherit` leaves it to the roles. */
export type Verdict = 'allow' | 'inherit' | 'deny';

export interface OverwriteBits {
  allow: bigint;
  deny: bigint;
}

export const bitsOf = (overwrite: Overwrite | undefined): OverwriteBits => ({
  allow: BigInt(overwrite?.allow ?? '0'),
  deny: BigInt(overwrite?.deny ?? '0'),
});

export function verdictOf({ allow, deny }: OverwriteBits, name: BitName): Verdict {
  if (allow & Bit[name]) return 'allow';
  return deny & Bit[name] ? 'deny' : 'inherit';
}

/** The overwrite with one bit's verdict changed and all else as it was. */
export function withVerdict({ allow, deny }: OverwriteBits, name: BitName, verdict: Verdict): OverwriteBits {
  const bit = Bit[name];
  return {
    allow: verdict === 'allow' ? allow | bit : allow & ~bit,
    deny: verdict === 'deny' ? deny | bit : deny & ~bit,
  };
}

/** What the overwrite says about every bit. */
export const verdictsOf = (bits: OverwriteBits): Record<BitName, Verdict> =>
  Object.fromEntries((Object.keys(Bit) as BitName[]).map((name) => [name, verdictOf(bits, name)])) as Record<
    BitName,
    Verdict
  >;

/** The overwrite with the bits of `verdicts` changed and all else as it was. */
export const withVerdicts = (bits: OverwriteBits, verdicts: Partial<Record<BitName, Verdict>>): OverwriteBits =>
  (Object.entries(verdicts) as [BitName, Verdict][]).reduce(
    (now, [name, verdict]) => withVerdict(now, name, verdict),
    bits,
  );

/** @everyone first, then roles, then members, each as the channel lists them. */
export function orderedTargets(overwrites: readonly Overwrite[], guildId: Snowflake): Overwrite[] {
  const everyone = overwrites.find((one) => one.id === guildId) ?? { id: guildId, type: 0, allow: '0', deny: '0' };
  const others = overwrites.filter((one) => one.id !== guildId);
  return [everyone, ...others.filter((one) => one.type === 0), ...others.filter((one) => one.type === 1)];
}
