import { useNavigate } from '@solidjs/router';
import { createEffect, createSignal, For, lazy, on, onCleanup, Show, Suspense } from 'solid-js';
import { isPhone, setCallFull, setPane } from '~/shell/layout';
import { isUnread } from '~/state/select';
import { store } from '~/state/store';
import { barrierOf, voicesIn } from '~/state/voice';
import { t, tn } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Button, IconButton } from '~/ui/Button';
import { ArrowLeft, Maximize, MessageSquare, Minimize, Phone, Radio, Volume } from '~/ui/icons';
import { callFull } from '~/shell/layout';
import { CallStage } from './CallStage';
import { joinVoice } from './door';
import { call, callChannel } from './store';
import { isStage } from './stage';
import './call.css';

const CallChat = lazy(async () => ({ default: (await import('./CallChat')).CallChat }));

interface VoiceViewProps {
  guildId: string;
  channelId: string;
  messageId?: string | undefined;
}

/** One voice channel: the call while the person is in it, else who is there and the way in; its messages beside. */
export function VoiceView(props: VoiceViewProps) {
  const { channelId } = props;
  const channel = () => store.channels[channelId];
  const inside = () => callChannel() === channelId;
  const [chat, setChat] = createSignal(props.messageId !== undefined);
  createEffect(
    on(
      () => props.messageId,
      (id) => id && setChat(true),
      { defer: true },
    ),
  );
  let view!: HTMLElement;
  createEffect(
    on(inside, () => goOn(() => view.querySelector('.controls button, .call-lobby .button')), { defer: true }),
  );
  // Whoever was moved looks at where they are now.
  const navigate = useNavigate();
  createEffect(
    on(callChannel, (now, before) => {
      if (before === channelId && now && now !== channelId) navigate(`/guilds/${props.guildId}/${now}`);
    }),
  );
  const closeChat = () => {
    setChat(false);
    goOn(() => view.querySelector('.call-chat-toggle button'));
  };
  const readable = () => barrierOf(channelId) !== 'connect';
  onCleanup(() => setFull(false));
  return (
    <main class="pane-main call" id="messages" tabindex="-1" ref={view} aria-label={channel()?.name}>
      <header class="bar">
        <Show when={isPhone()}>
          <IconButton icon={ArrowLeft} label={t('shell.back')} onClick={() => setPane('nav')} />
        </Show>
        <div class="bar-place">
          {isStage(channelId) ? <Radio size={18} aria-hidden="true" /> : <Volume size={18} aria-hidden="true" />}
          <h1 class="bar-title">{channel()?.name}</h1>
          <Show when={channel()?.topic}>
            <p class="bar-topic">{channel()?.topic}</p>
          </Show>
        </div>
        <div class="bar-actions">
          <Show when={readable()}>
            <span class="call-chat-toggle" classList={{ 'call-chat-unread': !chat() && isUnread(channelId) }}>
              <IconButton
                icon={MessageSquare}
                label={t('voice.chat')}
                pressed={chat()}
                onClick={() => setChat(!chat())}
              />
            </span>
          </Show>
          <Show when={inside() && !isPhone()}>
            <IconButton
              icon={callFull() ? Minimize : Maximize}
              label={callFull() ? t('voice.fullscreenOff') : t('voice.fullscreen')}
              onClick={() => setFull(!callFull())}
            />
          </Show>
        </div>
      </header>
      <div class="call-body">
        <Show when={inside()} fallback={<Lobby guildId={props.guildId} channelId={channelId} />}>
          <CallStage guildId={props.guildId} channelId={channelId} />
        </Show>
        <Show when={chat() && readable()}>
          <Suspense>
            <CallChat channelId={channelId} messageId={props.messageId} onClose={closeChat} />
          </Suspense>
        </Show>
      </div>
    </main>
  );
}

/** Whoever pressed what is there no longer goes on at `next`. */
function goOn(next: () => HTMLElement | null): void {
  requestAnimationFrame(() => document.activeElement === document.body && next()?.focus());
}

/** The page fills the screen and the call the page: dialogs and menus stay above it. */
function setFull(full: boolean): void {
  setCallFull(full);
  if (full) void document.documentElement.requestFullscreen?.().catch(() => undefined);
  else if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
}
document.addEventListener('fullscreenchange', () => document.fullscreenElement || setCallFull(false));

/** How many faces show before the rest is a number. */
const FACES = 8;

/** Before one is in: who is there, and the way in, or what bars it. */
function Lobby(props: { guildId: string; channelId: string }) {
  const voices = () => voicesIn(props.channelId);
  const channel = () => store.channels[props.channelId];
  const barrier = () => barrierOf(props.channelId);
  const problem = () =>
    call.state.name === 'failed' && call.state.place.channelId === props.channelId ? call.state.problem : null;
  return (
    <div class="call-lobby">
      <div class="empty">
        <span class="empty-icon" aria-hidden="true">
          {isStage(props.channelId) ? <Radio size={28} /> : <Volume size={28} />}
        </span>
        <h2>{channel()?.name}</h2>
        <Show when={voices().length > 0} fallback={<p>{`${t('voice.emptyTitle')}. ${t('voice.emptyText')}`}</p>}>
          <div class="call-faces" aria-hidden="true">
            <For each={voices().slice(0, FACES)}>
              {(voice) => <Avatar user={store.users[voice.user_id]} size={40} />}
            </For>
          </div>
          <p>{tn('voice.here', voices().length)}</p>
        </Show>
        <Show when={problem()}>
          {(why) => (
            <p class="form-problem" role="alert">
              {t(`voice.problem.${why()}`)}
            </p>
          )}
        </Show>
        <Show when={barrier()} fallback={<JoinButton {...props} again={problem() !== null} />}>
          {(bar) => <p class="settings-note">{t(`voice.barrier.${bar()}`)}</p>}
        </Show>
      </div>
    </div>
  );
}

function JoinButton(props: { guildId: string; channelId: string; again: boolean }) {
  const label = () =>
    props.again ? t('voice.rejoin') : isStage(props.channelId) ? t('voice.joinStage') : t('voice.join');
  return (
    <div class="empty-actions">
      <Button kind="primary" icon={Phone} onClick={() => void joinVoice(props.guildId, props.channelId)}>
        {label()}
      </Button>
    </div>
  );
}
