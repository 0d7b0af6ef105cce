import { Show } from 'solid-js';
import { openLayer } from '~/shell/layer';
import { canIn, channelName, isVoice } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { Hash, Pencil, UserPlus, Volume } from '~/ui/icons';

/** The beginning of a channel: its name, what it is for, and what to do while nobody has written. */
export function ChannelStart(props: { channelId: string; empty: boolean }) {
  const channel = () => store.channels[props.channelId];
  const voice = () => {
    const here = channel();
    return here !== undefined && isVoice(here);
  };
  const other = () => channel()?.recipients?.[0];
  const may = (bit: Parameters<typeof canIn>[1]) => canIn(props.channelId, bit);
  return (
    <div class="channel-start" classList={{ 'channel-start-empty': props.empty }}>
      <Show
        when={channel()?.guild_id}
        fallback={
          <>
            <Avatar user={store.users[other()?.id ?? ''] ?? other()} size={64} />
            <h2>{channelName(channel())}</h2>
            <p>{t('start.direct', { name: channelName(channel()) })}</p>
          </>
        }
      >
        <span class="empty-icon" aria-hidden="true">
          {voice() ? <Volume size={28} /> : <Hash size={28} />}
        </span>
        <h2>{channelName(channel())}</h2>
        <p>{channel()?.topic || t(voice() ? 'start.voice' : 'start.channel', { name: channelName(channel()) })}</p>
        <Show when={props.empty}>
          <div class="empty-actions">
            <Show when={may('CREATE_INSTANT_INVITE')}>
              <Button
                kind="primary"
                icon={UserPlus}
                onClick={() => openLayer({ name: 'invite', channelId: props.channelId })}
              >
                {t('guild.invite')}
              </Button>
            </Show>
            <Show when={may('MANAGE_CHANNELS')}>
              <Button
                icon={Pencil}
                onClick={() => {
                  const open = channel();
                  if (open) openLayer({ name: 'channel-settings', channel: open });
                }}
              >
                {t('start.topic')}
              </Button>
            </Show>
          </div>
        </Show>
      </Show>
    </div>
  );
}
