import type { Snowflake, VoiceState } from '~/api/wire';
import { canIn } from '~/state/select';
import { store } from '~/state/store';
import { prefs, type TalkMode } from './prefs';
import { isStage } from './stage';
import { callChannel } from './store';

export const ownVoice = (channelId: Snowflake): VoiceState | undefined =>
  store.voices[store.channels[channelId]?.guild_id ?? '']?.[store.me?.id ?? ''];

/** Whether the person may send pictures where they are: permitted, and not in a stage's audience. */
export function mayShare(): boolean {
  const channelId = callChannel();
  return channelId !== null && canIn(channelId, 'STREAM') && ownVoice(channelId)?.suppress !== true;
}

/** Whether the person may be heard in a channel; on a stage nobody is before they are let. */
export function mayTalk(channelId: Snowflake): boolean {
  if (!canIn(channelId, 'SPEAK')) return false;
  return !isStage(channelId) || ownVoice(channelId)?.suppress === false;
}

/** How the microphone opens in a channel: some ask for a key. */
export const modeIn = (channelId: Snowflake | null): TalkMode =>
  channelId !== null && !canIn(channelId, 'USE_VAD') ? 'push' : prefs.mode;
