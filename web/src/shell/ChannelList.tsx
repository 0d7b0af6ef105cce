import { A, useNavigate } from '@solidjs/router';
import { createMemo, createSignal, For, Show } from 'solid-js';
import { type Channel, ChannelType } from '~/api/wire';
import { Bit } from '~/api/permissions';
import { markRead } from '~/state/read';
import { canIn, canInGuild, channelGroups, type ChannelGroup, isUnread, isVoice, mentionCount } from '~/state/select';
import { hasVoice, voiceCount } from '~/state/voice';
import { t, tn } from '~/text';
import { IconButton } from '~/ui/Button';
import { Check, ChevronDown, Copy, Hash, Lock, Plus, Radio, Settings, UserPlus, Volume } from '~/ui/icons';
import { PointerMenu } from '~/ui/Menu';
import { toast } from '~/state/toast';
import { joinVoice } from '~/voice/door';
import { callChannel } from '~/voice/store';
import { VoicePeople } from '~/voice/VoicePeople';
import { openLayer } from './layer';
import { setPane } from './layout';
import { moveFocus } from './roving';

const COLLAPSED = 'hubbub.collapsed';
const stored = (): string[] => {
  try {
    return JSON.parse(localStorage.getItem(COLLAPSED) ?? '[]') as string[];
  } catch {
    return [];
  }
};
const [collapsed, setCollapsed] = createSignal<readonly string[]>(stored());

function toggle(id: string): void {
  const next = collapsed().includes(id) ? collapsed().filter((other) => other !== id) : [...collapsed(), id];
  setCollapsed(next);
  localStorage.setItem(COLLAPSED, JSON.stringify(next));
}

/** The guild's channels under their categories; a folded category still shows what is unread in it. */
export function ChannelList(props: { guildId: string; channelId: string | undefined }) {
  const groups = createMemo(() => channelGroups(props.guildId));
  return (
    <nav
      class="channels"
      aria-label={t('channels.label')}
      onKeyDown={(event) => moveFocus(event, '.channel, .category-name, .voice-person')}
    >
      <For each={groups()}>
        {(group) => <Group group={group} guildId={props.guildId} channelId={props.channelId} />}
      </For>
    </nav>
  );
}

function Group(props: { group: ChannelGroup; guildId: string; channelId: string | undefined }) {
  const id = () => props.group.category?.id ?? '';
  const folded = () => id() !== '' && collapsed().includes(id());
  const shown = () =>
    folded()
      ? props.group.channels.filter(
          (channel) =>
            channel.id === props.channelId ||
            channel.id === callChannel() ||
            (!isVoice(channel) && isUnread(channel.id)),
        )
      : props.group.channels;
  const managing = () => canInGuild(props.guildId, 'MANAGE_CHANNELS');
  return (
    <section class="channel-group">
      <Show when={props.group.category}>
        {(category) => (
          <PointerMenu
            class="category"
            entries={() => [
              managing() && {
                label: t('channel.create'),
                icon: Plus,
                run: () => openLayer({ name: 'create-channel', guildId: props.guildId, parentId: category().id }),
              },
              managing() && {
                label: t('category.settings'),
                icon: Settings,
                run: () => openLayer({ name: 'channel-settings', channel: category() }),
              },
            ]}
          >
            <button type="button" class="category-name" aria-expanded={!folded()} onClick={() => toggle(id())}>
              <ChevronDown size={14} aria-hidden="true" class={folded() ? 'folded' : ''} />
              <span>{category().name}</span>
            </button>
            <Show when={managing()}>
              <IconButton
                icon={Plus}
                size={16}
                label={t('channel.createIn', { name: category().name ?? '' })}
                onClick={() => openLayer({ name: 'create-channel', guildId: props.guildId, parentId: category().id })}
              />
            </Show>
          </PointerMenu>
        )}
      </Show>
      <ul>
        <For each={shown()}>
          {(channel) => <ChannelLink channel={channel} active={channel.id === props.channelId} />}
        </For>
      </ul>
    </section>
  );
}

/** Whether @everyone may not see the channel. */
const isPrivate = (channel: Channel): boolean =>
  (channel.permission_overwrites ?? []).some(
    (overwrite) => overwrite.id === channel.guild_id && (BigInt(overwrite.deny) & Bit.VIEW_CHANNEL) !== 0n,
  );

function ChannelLink(props: { channel: Channel; active: boolean }) {
  const navigate = useNavigate();
  const channel = () => props.channel;
  const voice = () => isVoice(channel());
  const unread = () => !voice() && isUnread(channel().id);
  const mentions = () => mentionCount(channel().id);
  const href = () => `/guilds/${channel().guild_id}/${channel().id}`;
  const managing = () => canIn(channel().id, 'MANAGE_CHANNELS');
  const stage = () => channel().type === ChannelType.Stage;
  const limit = () => {
    const most = channel().user_limit ?? 0;
    return voice() && !stage() && most > 0 ? { count: voiceCount(channel().id), limit: most } : null;
  };
  const kind = () => {
    const name = channel().name ?? '';
    if (!voice()) return name;
    const kinded = t(stage() ? 'channels.stage' : 'channels.voice', { name });
    const bounds = limit();
    return bounds ? `${kinded}, ${t('channels.limit', bounds)}` : kinded;
  };
  const spoken = () => {
    const name = kind();
    if (mentions() > 0) return `${name}, ${tn('rail.mentions', mentions())}`;
    return unread() ? `${name}, ${t('rail.unread')}` : name;
  };
  return (
    <li>
      <PointerMenu
        class="channel-row"
        entries={() => [
          unread() && { label: t('channel.markRead'), icon: Check, run: () => markRead(channel().id) },
          canIn(channel().id, 'CREATE_INSTANT_INVITE') &&
            !voice() && {
              label: t('guild.invite'),
              icon: UserPlus,
              run: () => openLayer({ name: 'invite', channelId: channel().id }),
            },
          {
            label: t('channel.copyLink'),
            icon: Copy,
            run: () =>
              void navigator.clipboard.writeText(location.origin + href()).then(() => toast.info(t('action.copied'))),
          },
          null,
          managing() && {
            label: t('channel.settings'),
            icon: Settings,
            run: () => openLayer({ name: 'channel-settings', channel: channel() }),
          },
        ]}
      >
        <A
          class="channel"
          classList={{
            'channel-active': props.active,
            'channel-unread': unread(),
            'channel-in': callChannel() === channel().id,
          }}
          href={href()}
          aria-label={spoken()}
          aria-current={props.active ? 'page' : undefined}
          onClick={(event) => {
            event.preventDefault();
            setPane('main');
            if (voice() && hasVoice()) void joinVoice(channel().guild_id ?? '', channel().id);
            navigate(href());
          }}
        >
          <Show
            when={voice()}
            fallback={
              isPrivate(channel()) ? <Lock size={16} aria-hidden="true" /> : <Hash size={16} aria-hidden="true" />
            }
          >
            {stage() ? <Radio size={16} aria-hidden="true" /> : <Volume size={16} aria-hidden="true" />}
          </Show>
          <span class="channel-name">{channel().name}</span>
          <Show when={limit()}>
            {(bounds) => (
              <span class="channel-limit" aria-hidden="true">
                {bounds().count}/{bounds().limit}
              </span>
            )}
          </Show>
          <Show when={mentions() > 0}>
            <span class="badge">{mentions()}</span>
          </Show>
        </A>
        <Show when={managing()}>
          <IconButton
            class="channel-edit"
            icon={Settings}
            size={15}
            label={t('channel.settingsOf', { name: channel().name ?? '' })}
            onClick={() => openLayer({ name: 'channel-settings', channel: channel() })}
          />
        </Show>
      </PointerMenu>
      <Show when={voice()}>
        <VoicePeople channelId={channel().id} guildId={channel().guild_id ?? ''} name={channel().name ?? ''} />
      </Show>
    </li>
  );
}
