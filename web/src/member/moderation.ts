import { guilds } from '~/api/calls';
import { isAhead } from '~/state/clock';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { type TextKey, t } from '~/text';
import type { MenuEntry } from '~/ui/menuEntry';

const MINUTE_MS = 60_000;
const TIMEOUTS: readonly [TextKey, number][] = [
  ['timeout.minutes5', 5 * MINUTE_MS],
  ['timeout.hour1', 60 * MINUTE_MS],
  ['timeout.day1', 24 * 60 * MINUTE_MS],
  ['timeout.week1', 7 * 24 * 60 * MINUTE_MS],
];

export const isTimedOut = (guildId: string, userId: string): boolean =>
  isAhead(Date.parse(store.members[guildId]?.[userId]?.communication_disabled_until ?? ''));

async function setTimeoutUntil(guildId: string, userId: string, until: string | null): Promise<void> {
  try {
    await guilds.editMember(guildId, userId, { communication_disabled_until: until });
    toast.info(until ? t('timeout.set') : t('timeout.lifted'));
  } catch (error) {
    toast.error(error);
  }
}

/** Menu lines that time a member out, or lift the timeout that runs. */
export function timeoutEntries(guildId: string, userId: string): MenuEntry[] {
  if (isTimedOut(guildId, userId)) {
    return [{ label: t('timeout.lift'), run: () => void setTimeoutUntil(guildId, userId, null) }];
  }
  return TIMEOUTS.map(([label, ms]) => ({
    label: t(label),
    run: () => void setTimeoutUntil(guildId, userId, new Date(Date.now() + ms).toISOString()),
  }));
}
