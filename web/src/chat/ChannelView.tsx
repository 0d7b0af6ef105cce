import { createSignal, type JSX, lazy, Show, Suspense } from 'solid-js';
import { ChannelType } from '~/api/wire';
import { saveSettings } from '~/state/settings';
import { channelName } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { IconButton } from '~/ui/Button';
import { ArrowLeft, AtSign, Hash, Pin, Users } from '~/ui/icons';
import { isPhone, isWide, membersOver, pane, setMembersOver, setPane } from '~/shell/layout';
import { ChatBody, openChat } from './ChatBody';

const PinsPanel = lazy(async () => ({ default: (await import('./PinsPanel')).PinsPanel }));

interface ChannelViewProps {
  channelId: string;
  messageId?: string | undefined;
  /** The member list, when the channel has one. */
  members?: JSX.Element;
}

/** One text channel: its head, its messages, the composer, and who is there. Made anew for each channel. */
export function ChannelView(props: ChannelViewProps) {
  const { channelId } = props;
  const channel = () => store.channels[channelId];
  const chat = openChat(channelId, () => props.messageId);
  const [pinsOpen, setPinsOpen] = createSignal(false);
  const membersShown = () => (isPhone() ? pane() === 'members' : isWide() ? store.settings.showMembers : membersOver());
  const toggleMembers = () => {
    if (isPhone()) setPane(pane() === 'members' ? 'main' : 'members');
    else if (isWide()) void saveSettings({ showMembers: !store.settings.showMembers }).catch(() => undefined);
    else setMembersOver(!membersOver());
  };
  return (
    <>
      <main class="pane-main chat" aria-label={channelName(channel())} inert={isPhone() && membersShown()}>
        <header class="bar">
          <Show when={isPhone()}>
            <IconButton icon={ArrowLeft} label={t('shell.back')} onClick={() => setPane('nav')} />
          </Show>
          <ChannelTitle channelId={channelId} />
          <div class="bar-actions">
            <IconButton
              icon={Pin}
              label={t('pins.title')}
              pressed={pinsOpen()}
              onClick={() => setPinsOpen(!pinsOpen())}
            />
            <Show when={props.members}>
              <IconButton icon={Users} label={t('members.toggle')} pressed={membersShown()} onClick={toggleMembers} />
            </Show>
          </div>
        </header>
        <ChatBody chat={chat}>
          <Show when={pinsOpen()}>
            <Suspense>
              <PinsPanel chat={chat} onClose={() => setPinsOpen(false)} />
            </Suspense>
          </Show>
        </ChatBody>
      </main>
      <Show when={props.members && membersShown()}>
        <aside class="pane-members" aria-label={t('members.label')}>
          <Show when={isPhone()}>
            <header class="bar">
              <IconButton icon={ArrowLeft} label={t('shell.back')} onClick={() => setPane('main')} />
              <h2 class="bar-title">{t('members.label')}</h2>
            </header>
          </Show>
          {props.members}
        </aside>
      </Show>
    </>
  );
}

function ChannelTitle(props: { channelId: string }) {
  const channel = () => store.channels[props.channelId];
  const other = () => channel()?.recipients?.[0];
  const direct = () => channel()?.type === ChannelType.DirectMessage;
  return (
    <div class="bar-place">
      <Show
        when={direct()}
        fallback={channel()?.guild_id ? <Hash size={18} aria-hidden="true" /> : <AtSign size={18} aria-hidden="true" />}
      >
        <Avatar
          user={store.users[other()?.id ?? ''] ?? other()}
          size={24}
          status={store.presences[other()?.id ?? ''] ?? 'offline'}
        />
      </Show>
      <h1 class="bar-title">{channelName(channel())}</h1>
      <Show when={channel()?.topic}>
        <p class="bar-topic" title={channel()?.topic ?? ''}>
          {channel()?.topic}
        </p>
      </Show>
    </div>
  );
}
