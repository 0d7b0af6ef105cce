import { A, useLocation, useNavigate } from '@solidjs/router';
import { createMemo, For, type JSX, Show } from 'solid-js';
import {
  canInGuild,
  channelName,
  directChannels,
  guildMarks,
  isUnread,
  mentionCount,
  textChannels,
} from '~/state/select';
import { markGuildRead } from '~/state/read';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t, tn } from '~/text';
import { Avatar, GuildIcon } from '~/ui/Avatar';
import { Check, LogOut, MessageCircle, Plus, Settings, UserPlus } from '~/ui/icons';
import { IconButton } from '~/ui/Button';
import { PointerMenu } from '~/ui/Menu';
import { openLayer } from './layer';
import { isPhone, lastChannel, setPane } from './layout';

/** The guilds of the person, with what is unread; direct messages on top. */
export function Rail() {
  const here = useLocation();
  const waiting = createMemo(() =>
    directChannels()
      .filter((channel) => isUnread(channel.id))
      .slice(0, 5),
  );
  const toNav = () => isPhone() && setPane('nav');
  return (
    <nav class="rail no-swipe" aria-label={t('rail.label')}>
      <RailLink
        href={`/direct${lastChannel('@me') ? `/${lastChannel('@me')}` : ''}`}
        label={t('rail.direct')}
        active={here.pathname.startsWith('/direct')}
        onClick={toNav}
      >
        <span class="rail-home">
          <MessageCircle size={22} aria-hidden="true" />
        </span>
      </RailLink>
      <For each={waiting()}>
        {(channel) => (
          <RailLink
            href={`/direct/${channel.id}`}
            label={channelName(channel)}
            active={false}
            unread
            mentions={Math.max(1, mentionCount(channel.id))}
            onClick={() => setPane('main')}
          >
            <Avatar user={store.users[channel.recipients?.[0]?.id ?? ''] ?? channel.recipients?.[0]} size={44} />
          </RailLink>
        )}
      </For>
      <div class="rail-line" />
      <For each={store.guildOrder}>
        {(id) => <GuildLink id={id} active={here.pathname.startsWith(`/guilds/${id}`)} onClick={toNav} />}
      </For>
      <IconButton class="rail-add" icon={Plus} label={t('rail.add')} onClick={() => openLayer({ name: 'add-guild' })} />
    </nav>
  );
}

function GuildLink(props: { id: string; active: boolean; onClick: () => void }) {
  const guild = () => store.guilds[props.id];
  const marks = createMemo(() => guildMarks(props.id));
  const navigate = useNavigate();
  return (
    <Show when={guild()} fallback={<span class="rail-item skeleton rail-skeleton" />}>
      {(known) => (
        <PointerMenu
          entries={() => [
            marks().unread && {
              label: t('guild.markRead'),
              icon: Check,
              run: () => void markGuildRead(props.id).catch(toast.error),
            },
            canInGuild(props.id, 'CREATE_INSTANT_INVITE') && {
              label: t('guild.invite'),
              icon: UserPlus,
              run: () => {
                const first = textChannels(props.id)[0];
                if (first) openLayer({ name: 'invite', channelId: first.id });
              },
            },
            canInGuild(props.id, 'MANAGE_GUILD') && {
              label: t('guild.settings'),
              icon: Settings,
              run: () => navigate(`/guilds/${props.id}/settings`),
            },
            null,
            known().ownerId !== store.me?.id && {
              label: t('guild.leave'),
              icon: LogOut,
              tone: 'danger',
              run: () => openLayer({ name: 'leave-guild', guildId: props.id }),
            },
          ]}
        >
          <RailLink
            href={`/guilds/${props.id}${lastChannel(props.id) ? `/${lastChannel(props.id)}` : ''}`}
            label={known().name}
            active={props.active}
            unread={marks().unread}
            mentions={marks().mentions}
            onClick={props.onClick}
          >
            <GuildIcon id={known().id} name={known().name} icon={known().icon} />
          </RailLink>
        </PointerMenu>
      )}
    </Show>
  );
}

interface RailLinkProps {
  href: string;
  label: string;
  active: boolean;
  unread?: boolean;
  mentions?: number;
  onClick?: () => void;
  children: JSX.Element;
}

function RailLink(props: RailLinkProps) {
  const spoken = () => {
    if (props.mentions) return `${props.label}, ${tn('rail.mentions', props.mentions)}`;
    return props.unread ? `${props.label}, ${t('rail.unread')}` : props.label;
  };
  return (
    <A
      class="rail-item"
      classList={{ 'rail-active': props.active, 'rail-unread': props.unread }}
      href={props.href}
      aria-label={spoken()}
      aria-current={props.active ? 'page' : undefined}
      title={props.label}
      onClick={props.onClick}
    >
      <span class="rail-mark" />
      {props.children}
      <Show when={props.mentions}>
        <span class="badge rail-badge">{props.mentions}</span>
      </Show>
    </A>
  );
}
