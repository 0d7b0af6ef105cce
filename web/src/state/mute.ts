import type { Snowflake } from '~/api/wire';
import { saveSettings } from './settings';
import { store } from './store';

/** How many muted guilds and channels are kept; older ones are heard again. */
const MUTED_MAX = 400;

/** Whether a channel, or the guild it belongs to, is to stay silent. */
export function isMuted(channelId: Snowflake): boolean {
  const { muted } = store.settings.notifications;
  if (muted.length === 0) return false;
  const guildId = store.channels[channelId]?.guild_id;
  return muted.includes(channelId) || (guildId !== undefined && muted.includes(guildId));
}

/** Silence a guild or a channel, or let it be heard again. */
export async function toggleMuted(id: Snowflake): Promise<void> {
  const { notifications } = store.settings;
  const muted = notifications.muted.includes(id)
    ? notifications.muted.filter((other) => other !== id)
    : [...notifications.muted, id].slice(-MUTED_MAX);
  await saveSettings({ notifications: { ...notifications, muted } });
}
