import { guilds } from '~/api/calls';
import { type Channel, ChannelType, type Snowflake } from '~/api/wire';
import { canIn, voiceChannels } from '~/state/select';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import type { MenuEntry } from '~/ui/menuEntry';

const run = (what: Promise<unknown>): void => void what.catch(toast.error);

/** Voice channels that the person may move someone from `channelId` to. */
export const moveGoals = (guildId: Snowflake, channelId: Snowflake): Channel[] =>
  voiceChannels(guildId).filter((channel) => channel.id !== channelId && canIn(channel.id, 'CONNECT'));

/** Menu lines about someone who is in voice, as far as the person may: what they say and hear, and where they are. */
export function voiceEntries(guildId: Snowflake, userId: Snowflake): MenuEntry[] {
  const voice = store.voices[guildId]?.[userId];
  const channelId = voice?.channel_id;
  if (!voice || !channelId) return [];
  const may = (bit: Parameters<typeof canIn>[1]) => canIn(channelId, bit);
  const edit = (change: Parameters<typeof guilds.editMember>[2]) => run(guilds.editMember(guildId, userId, change));
  const self = userId === store.me?.id;
  const entries: MenuEntry[] = [];
  if (store.channels[channelId]?.type === ChannelType.Stage && may('MUTE_MEMBERS') && !self) {
    const { suppress } = voice;
    entries.push({
      label: suppress ? t('voice.invite') : t('voice.toAudience'),
      run: () => run(guilds.editVoice(guildId, userId, { channel_id: channelId, suppress: !suppress })),
    });
  }
  if (may('MUTE_MEMBERS')) {
    entries.push({
      label: voice.mute ? t('voice.serverUnmute') : t('voice.serverMute'),
      run: () => edit({ mute: !voice.mute }),
    });
  }
  if (may('DEAFEN_MEMBERS')) {
    entries.push({
      label: voice.deaf ? t('voice.serverUndeafen') : t('voice.serverDeafen'),
      run: () => edit({ deaf: !voice.deaf }),
    });
  }
  if (may('MOVE_MEMBERS') && !self) {
    for (const goal of moveGoals(guildId, channelId)) {
      entries.push({
        label: t('voice.move', { name: goal.name ?? '' }),
        run: () => edit({ channel_id: goal.id }),
      });
    }
    entries.push({ label: t('voice.disconnect'), tone: 'danger', run: () => edit({ channel_id: null }) });
  }
  return entries;
}
