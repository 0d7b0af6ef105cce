import { canIn } from '~/state/select';
import { store } from '~/state/store';
import { callChannel } from './store';

/** Whether the person may send pictures where they are: permitted, and not in a stage's audience. */
export function mayShare(): boolean {
  const channelId = callChannel();
  if (!channelId) return false;
  const guildId = store.channels[channelId]?.guild_id ?? '';
  const own = store.voices[guildId]?.[store.me?.id ?? ''];
  return canIn(channelId, 'STREAM') && own?.suppress !== true;
}
