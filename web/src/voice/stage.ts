import { guilds } from '~/api/calls';
import { ChannelType, type Snowflake } from '~/api/wire';
import { canIn } from '~/state/select';
import { store } from '~/state/store';
import { toast } from '~/state/toast';

export const isStage = (channelId: Snowflake): boolean => store.channels[channelId]?.type === ChannelType.Stage;

const edit = (
  channelId: Snowflake,
  change: { suppress?: boolean; request_to_speak_timestamp?: string | null },
): void => {
  const guildId = store.channels[channelId]?.guild_id ?? '';
  void guilds.editVoice(guildId, '@me', { channel_id: channelId, ...change }).catch(toast.error);
};

/** Ask to speak, or take that back. */
export const raiseHand = (channelId: Snowflake, up: boolean): void =>
  edit(channelId, { request_to_speak_timestamp: up ? new Date().toISOString() : null });

/** Go onto the stage (whoever moderates may) or into the audience (everyone may). */
export const setSpeaker = (channelId: Snowflake, speaker: boolean): void => edit(channelId, { suppress: !speaker });

export const mayRaiseHand = (channelId: Snowflake): boolean => canIn(channelId, 'REQUEST_TO_SPEAK');
export const maySpeakUnasked = (channelId: Snowflake): boolean => canIn(channelId, 'MUTE_MEMBERS');
