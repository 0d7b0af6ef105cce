import { A, useNavigate, useParams } from '@solidjs/router';
import { createEffect, createMemo, For, Match, Show, Switch } from 'solid-js';
import { channels as api } from '~/api/calls';
import type { Channel } from '~/api/wire';
import { ChannelView } from '~/chat/ChannelView';
import { channelName, directChannels, isUnread, mentionCount } from '~/state/select';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t, tn } from '~/text';
import { openSwitcher } from '~/shell/ahead';
import { openLayer } from '~/shell/layer';
import { isPhone, pane, rememberChannel, setPane } from '~/shell/layout';
import { EmptyPane, Panes } from '~/shell/Panes';
import { moveFocus } from '~/shell/roving';
import { Avatar } from '~/ui/Avatar';
import { Button, IconButton } from '~/ui/Button';
import { MessageCircle, Plus, Search, UserPlus, X } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';

/** Direct messages, and the place where a new person starts. */
export function DirectPane() {
  const params = useParams<{ channel?: string; message?: string }>();
  const navigate = useNavigate();
  const list = createMemo(directChannels);
  const channel = createMemo(() => {
    const chosen = params.channel ? store.channels[params.channel] : undefined;
    return chosen && !chosen.guild_id ? chosen : undefined;
  });
  createEffect(() => {
    if (channel()) rememberChannel('@me', params.channel ?? '');
    else if (params.channel && store.ready) navigate('/direct', { replace: true });
    else if (!params.channel && isPhone() && store.guildOrder.length > 0) setPane('nav');
    else if (!params.channel && isPhone()) setPane('main');
  });
  const close = async (one: Channel) => {
    try {
      await api.remove(one.id);
      if (one.id === params.channel) navigate('/direct');
    } catch (error) {
      toast.error(error);
    }
  };
  return (
    <Panes
      sideLabel={t('direct.label')}
      head={
        <button type="button" class="side-search" onClick={openSwitcher}>
          <Search size={16} aria-hidden="true" />
          {t('direct.find')}
        </button>
      }
      side={
        <nav class="channels" aria-label={t('direct.label')} onKeyDown={(event) => moveFocus(event, '.direct')}>
          <h2 class="side-title">{t('direct.label')}</h2>
          <Show when={store.ready} fallback={<RowSkeleton count={5} />}>
            <ul>
              <For each={list()} fallback={<li class="side-note">{t('direct.none')}</li>}>
                {(one) => (
                  <DirectLink channel={one} active={one.id === params.channel} onClose={() => void close(one)} />
                )}
              </For>
            </ul>
          </Show>
        </nav>
      }
    >
      <Switch fallback={<main class="pane-main" />}>
        <Match when={isPhone() && pane() === 'nav'}>{null}</Match>
        <Match when={channel()?.id} keyed>
          {(id) => <ChannelView channelId={id} messageId={params.message} />}
        </Match>
        <Match when={store.ready && store.guildOrder.length === 0}>
          <EmptyPane
            icon={<img src="/icon.svg" alt="" width="56" height="56" class="entry-mark" />}
            title={t('welcome.title', { name: store.me?.global_name || store.me?.username || '' })}
            text={t('welcome.text')}
          >
            <Button kind="primary" icon={Plus} onClick={() => openLayer({ name: 'add-guild' })}>
              {t('welcome.create')}
            </Button>
            <Button icon={UserPlus} onClick={() => openLayer({ name: 'add-guild', join: true })}>
              {t('welcome.join')}
            </Button>
          </EmptyPane>
        </Match>
        <Match when={store.ready}>
          <EmptyPane icon={<MessageCircle size={28} />} title={t('direct.emptyTitle')} text={t('direct.emptyText')}>
            <Button icon={Search} onClick={openSwitcher}>
              {t('direct.find')}
            </Button>
          </EmptyPane>
        </Match>
      </Switch>
    </Panes>
  );
}

function DirectLink(props: { channel: Channel; active: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const other = () => props.channel.recipients?.[0];
  const user = () => store.users[other()?.id ?? ''] ?? other();
  const unread = () => isUnread(props.channel.id);
  const mentions = () => mentionCount(props.channel.id);
  const href = () => `/direct/${props.channel.id}`;
  return (
    <li class="channel-row">
      <A
        class="channel direct"
        classList={{ 'channel-active': props.active, 'channel-unread': unread() }}
        href={href()}
        aria-current={props.active ? 'page' : undefined}
        aria-label={
          mentions() ? `${channelName(props.channel)}, ${tn('rail.mentions', mentions())}` : channelName(props.channel)
        }
        onClick={(event) => {
          event.preventDefault();
          setPane('main');
          navigate(href());
        }}
      >
        <Avatar user={user()} size={32} status={store.presences[other()?.id ?? ''] ?? 'offline'} />
        <span class="channel-name">{channelName(props.channel)}</span>
        <Show when={mentions() > 0}>
          <span class="badge">{mentions()}</span>
        </Show>
      </A>
      <IconButton
        class="channel-edit"
        icon={X}
        size={15}
        label={t('direct.close', { name: channelName(props.channel) })}
        onClick={props.onClose}
      />
    </li>
  );
}
