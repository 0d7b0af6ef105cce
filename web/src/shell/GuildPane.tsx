import { useNavigate, useParams } from '@solidjs/router';
import { createEffect, createMemo, lazy, Match, Show, Suspense, Switch } from 'solid-js';
import { type Channel, ChannelType } from '~/api/wire';
import { ChannelView } from '~/chat/ChannelView';
import { canInGuild, isVoice, textChannels } from '~/state/select';
import { store } from '~/state/store';
import { hasVoice } from '~/state/voice';
import { t, withRoomTexts } from '~/text';
import { Button } from '~/ui/Button';
import { ChevronDown, Folder, Hash, LogOut, Plus, Settings, UserPlus, Volume } from '~/ui/icons';
import { Menu } from '~/ui/Menu';
import { RowSkeleton } from '~/ui/Skeleton';
import { ChannelList } from './ChannelList';
import { openLayer } from './layer';
import { isPhone, lastChannel, pane, rememberChannel, setPane } from './layout';
import { EmptyPane, Panes } from './Panes';

const VoiceView = lazy(async () => ({ default: (await withRoomTexts(import('~/voice/VoiceView'))).VoiceView }));
const MemberList = lazy(async () => ({ default: (await import('~/member/MemberList')).MemberList }));

/** One guild: its channels at the side, the chosen one in the middle, its members. */
export function GuildPane() {
  const params = useParams<{ guild: string; channel?: string; message?: string }>();
  const navigate = useNavigate();
  const guild = () => store.guilds[params.guild];
  const channels = createMemo(() => textChannels(params.guild));
  const channel = createMemo(() => {
    const chosen = params.channel ? store.channels[params.channel] : undefined;
    return chosen?.guild_id === params.guild ? chosen : undefined;
  });
  createEffect(() => {
    if (!guild()) {
      if (store.ready && !store.guildOrder.includes(params.guild)) navigate('/direct', { replace: true });
      return;
    }
    if (channel()) {
      if (!isVoice(channel() ?? NOWHERE)) rememberChannel(params.guild, params.channel ?? '');
      return;
    }
    const last = lastChannel(params.guild);
    const next = channels().find((one) => one.id === last) ?? channels()[0];
    if (next) navigate(`/guilds/${params.guild}/${next.id}`, { replace: true });
    else if (isPhone()) setPane('nav');
  });
  return (
    <Panes
      sideLabel={t('channels.label')}
      head={<GuildHead guildId={params.guild} />}
      side={
        <Show when={guild()} fallback={<RowSkeleton count={7} />}>
          <ChannelList guildId={params.guild} channelId={params.channel} />
        </Show>
      }
    >
      <Switch fallback={<main class="pane-main" />}>
        <Match when={isVoice(channel() ?? NOWHERE) && !hasVoice()}>
          <EmptyPane
            icon={<Volume size={28} />}
            title={channel()?.name ?? ''}
            text={`${t('voice.absent')} ${store.me?.is_administrator ? t('voice.absentAdmin') : ''}`}
          />
        </Match>
        <Match when={isPhone() && pane() === 'nav'}>{null}</Match>
        <Match when={isVoice(channel() ?? NOWHERE) && channel()?.id} keyed>
          {(id) => (
            <Suspense fallback={<main class="pane-main" />}>
              <VoiceView channelId={id} guildId={params.guild} messageId={params.message} />
            </Suspense>
          )}
        </Match>
        <Match when={channel()?.id} keyed>
          {(id) => (
            <ChannelView
              channelId={id}
              messageId={params.message}
              members={
                <Suspense>
                  <MemberList guildId={params.guild} channelId={id} />
                </Suspense>
              }
            />
          )}
        </Match>
        <Match when={guild() && channels().length === 0}>
          <EmptyPane
            icon={<Hash size={28} />}
            title={t('channels.none')}
            text={canInGuild(params.guild, 'MANAGE_CHANNELS') ? t('channels.noneManage') : t('channels.noneHint')}
          >
            <Show when={canInGuild(params.guild, 'MANAGE_CHANNELS')}>
              <Button
                kind="primary"
                icon={Plus}
                onClick={() => openLayer({ name: 'create-channel', guildId: params.guild })}
              >
                {t('channel.create')}
              </Button>
            </Show>
          </EmptyPane>
        </Match>
      </Switch>
    </Panes>
  );
}

/** A channel that is none, of no voice. */
const NOWHERE: Channel = { id: '0', type: ChannelType.Text };

function GuildHead(props: { guildId: string }) {
  const navigate = useNavigate();
  const guild = () => store.guilds[props.guildId];
  const first = () => textChannels(props.guildId)[0];
  const may = (bit: Parameters<typeof canInGuild>[1]) => canInGuild(props.guildId, bit);
  const managing = () =>
    may('MANAGE_GUILD') ||
    may('MANAGE_ROLES') ||
    may('BAN_MEMBERS') ||
    may('MANAGE_GUILD_EXPRESSIONS') ||
    may('CREATE_GUILD_EXPRESSIONS');
  return (
    <Menu
      class="guild-head"
      label={t('guild.menu', { name: guild()?.name ?? '' })}
      trigger={
        <>
          <h1 class="guild-head-name">{guild()?.name ?? ''}</h1>
          <ChevronDown size={18} aria-hidden="true" />
        </>
      }
      entries={() => [
        may('CREATE_INSTANT_INVITE') &&
          first() !== undefined && {
            label: t('guild.invite'),
            icon: UserPlus,
            run: () => openLayer({ name: 'invite', channelId: first()?.id ?? '' }),
          },
        managing() && {
          label: t('guild.settings'),
          icon: Settings,
          run: () => {
            setPane('main');
            navigate(`/guilds/${props.guildId}/settings`);
          },
        },
        null,
        may('MANAGE_CHANNELS') && {
          label: t('channel.create'),
          icon: Plus,
          run: () => openLayer({ name: 'create-channel', guildId: props.guildId }),
        },
        may('MANAGE_CHANNELS') && {
          label: t('category.create'),
          icon: Folder,
          run: () => openLayer({ name: 'create-channel', guildId: props.guildId, category: true }),
        },
        null,
        guild()?.ownerId !== store.me?.id && {
          label: t('guild.leave'),
          icon: LogOut,
          tone: 'danger',
          run: () => openLayer({ name: 'leave-guild', guildId: props.guildId }),
        },
      ]}
    />
  );
}
