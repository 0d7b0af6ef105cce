import { createEffect, createMemo, createSignal, lazy, on, onCleanup, onMount, Show, Suspense } from 'solid-js';
import { EmojiButton } from '~/emoji/EmojiButton';
import { readDraft, writeDraft } from '~/state/draft';
import { canIn, channelName, displayName } from '~/state/select';
import { sendMessage } from '~/state/send';
import { store } from '~/state/store';
import { Upload } from '~/state/uploads';
import { endTyping, tellTyping } from '~/state/typing';
import { locale, t } from '~/text';
import { IconButton } from '~/ui/Button';
import { AtSign, Mic, Plus, SendHorizontal, Smile, X } from '~/ui/icons';
import { followHold, type Held, type Release } from '~/media/hold';
import type { Recorded } from '~/media/record';
import type { Chat } from './chat';
import { createCompletion } from './completion';
import { CompletionList } from './CompletionList';
import { autosize, insertAt, pastedFiles } from './editing';
import { FileTray } from './FileTray';

const VoiceRecorder = lazy(async () => ({ default: (await import('./VoiceRecorder')).VoiceRecorder }));
const CommandForm = lazy(async () => ({ default: (await import('./CommandForm')).CommandForm }));

const LENGTH_MAX = 2000;
/** From this many characters before the limit the rest is counted. */
const COUNT_FROM = 200;

/** Where one writes. Enter sends, Shift-Enter breaks the line; the draft survives a reload. */
export function Composer(props: { chat: Chat }) {
  const { chat } = props;
  const { channelId } = chat;
  let area!: HTMLTextAreaElement;
  let picker!: HTMLInputElement;
  const [text, setText] = createSignal(readDraft(channelId));
  const [ping, setPing] = createSignal(true);
  const channel = () => store.channels[channelId];
  const guildId = () => channel()?.guild_id;
  const limit = () => store.instance?.limits?.message_length ?? LENGTH_MAX;
  const left = createMemo(() => limit() - [...text()].length);
  const maySend = () => canIn(channelId, 'SEND_MESSAGES');
  const mayAttach = () => canIn(channelId, 'ATTACH_FILES');
  const maySpeak = () =>
    mayAttach() && canIn(channelId, 'SEND_VOICE_MESSAGES') && typeof MediaRecorder !== 'undefined' && slow.left() === 0;
  const [recording, setRecording] = createSignal(false);
  const [held, setHeld] = createSignal<Held | null>(null);
  const [released, setReleased] = createSignal<{ what: Release }>();
  /** Record while the button is held, or from a short press on until a button ends it. */
  const hold = (event: PointerEvent) => {
    followHold(event, { moved: setHeld, released: (what) => setReleased({ what }) });
    setRecording(true);
  };
  const slow = createSlowMode(channelId);
  const completion = createCompletion(channelId, {
    read: () => ({ text: area.value, caret: area.selectionStart }),
    replace: (start, end, value) => {
      area.setRangeText(value, start, end, 'end');
      take();
      area.focus();
    },
  });

  const take = () => {
    setText(area.value);
    writeDraft(channelId, area.value);
    autosize(area);
  };
  /** The field appears anew whenever the person may write again, or has left a command. */
  const place = (element: HTMLTextAreaElement) => {
    area = element;
    area.value = text();
    queueMicrotask(() => autosize(area));
  };
  onMount(() => {
    if (!matchMedia('(pointer: coarse)').matches) area?.focus({ preventScroll: true });
  });
  createEffect(on(chat.replyTo, (entry) => entry && setPing(entry.author.id !== store.me?.id), { defer: true }));

  const ready = () => (text().trim() !== '' || chat.files().length > 0) && left() >= 0 && slow.left() === 0;
  const post = (content: string, files: readonly Upload[]) => {
    sendMessage(channelId, { content, files, replyTo: chat.replyTo(), pingReply: ping() });
    chat.setReplyTo(null);
    slow.start();
    endTyping(channelId);
    chat.toBottom();
  };
  const send = () => {
    if (!ready()) return;
    post(withEmojis(text().trim(), guildId()), chat.takeFiles());
    area.value = '';
    take();
  };
  const speak = ({ file, durationS, waveform }: Recorded) =>
    post('', [Upload.begin(channelId, file, { durationS, waveform })]);
  const endRecording = () => {
    setRecording(false);
    queueMicrotask(() => area.focus({ preventScroll: true }));
  };

  const editLast = (): boolean => {
    const key = chat.line().keys.findLast((one) => {
      const entry = store.messages[one];
      return entry && !entry.send && entry.author.id === store.me?.id && entry.content !== '';
    });
    if (key) chat.setEditing(key);
    return key !== undefined;
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || completion.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !matchMedia('(pointer: coarse)').matches) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && area.value === '' && editLast()) {
      event.preventDefault();
    } else if (event.key === 'Escape' && chat.replyTo()) {
      event.preventDefault();
      chat.setReplyTo(null);
    }
  };

  const placeholder = () => {
    const name = channelName(channel());
    return guildId() ? t('composer.toChannel', { name }) : t('composer.toPerson', { name });
  };

  return (
    <Show when={maySend()} fallback={<p class="composer-closed">{t('composer.closed')}</p>}>
      <Show
        when={!completion.command()}
        fallback={
          <Suspense>
            <CommandForm chat={chat} command={completion.command()} onClose={completion.dropCommand} />
          </Suspense>
        }
      >
        <form
          class="composer"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <CompletionList completion={completion} />
          <Show when={chat.replyTo()}>
            {(entry) => (
              <div class="composer-reply">
                <span>
                  {t('composer.replying')}{' '}
                  <b>{displayName(store.users[entry().author.id] ?? entry().author, guildId())}</b>
                </span>
                <Show when={entry().author.id !== store.me?.id}>
                  <button type="button" class="ping" aria-pressed={ping()} onClick={() => setPing(!ping())}>
                    <AtSign size={14} aria-hidden="true" />
                    {ping() ? t('composer.pingOn') : t('composer.pingOff')}
                  </button>
                </Show>
                <IconButton icon={X} size={16} label={t('composer.noReply')} onClick={() => chat.setReplyTo(null)} />
              </div>
            )}
          </Show>
          <FileTray chat={chat} />
          <Show
            when={!recording()}
            fallback={
              <Suspense>
                <VoiceRecorder held={held()} released={released()} onDone={speak} onClose={endRecording} />
              </Suspense>
            }
          >
            <div class="composer-line">
              <Show when={mayAttach()}>
                <IconButton icon={Plus} label={t('composer.attach')} onClick={() => picker.click()} />
                <input
                  ref={picker}
                  class="file-hidden"
                  type="file"
                  multiple
                  tabindex="-1"
                  aria-hidden="true"
                  onChange={(event) => {
                    chat.addFiles(event.currentTarget.files ?? []);
                    event.currentTarget.value = '';
                    area.focus();
                  }}
                />
              </Show>
              <textarea
                ref={place}
                id="composer"
                rows="1"
                placeholder={placeholder()}
                aria-label={placeholder()}
                aria-autocomplete="list"
                aria-controls={completion.open() ? 'completions' : undefined}
                aria-activedescendant={completion.activeId()}
                spellcheck
                onInput={() => {
                  take();
                  completion.update();
                  if (area.value !== '' && !area.value.startsWith('/')) tellTyping(channelId);
                }}
                onClick={() => completion.update()}
                onKeyUp={(event) => event.key.startsWith('Arrow') && completion.update()}
                onBlur={() => completion.close()}
                onKeyDown={onKey}
                onPaste={(event) => {
                  const files = mayAttach() ? pastedFiles(event) : [];
                  if (files.length > 0) {
                    event.preventDefault();
                    chat.addFiles(files);
                  }
                }}
              />
              <Show when={left() < COUNT_FROM}>
                <span class="composer-count" classList={{ over: left() < 0 }} role="status">
                  {left().toLocaleString(locale())}
                </span>
              </Show>
              <Show when={slow.left() > 0}>
                <span class="composer-count" role="status">
                  {t('composer.slow', { seconds: slow.left() })}
                </span>
              </Show>
              <EmojiButton
                class="icon-button"
                icon={Smile}
                label={t('emoji.open')}
                channelId={channelId}
                stay
                returnTo={() => area}
                onPick={(emoji) => {
                  insertAt(area, emoji.id ? `:${emoji.name}: ` : (emoji.name ?? ''));
                  take();
                }}
              />
              <Show
                when={maySpeak() && text() === '' && chat.files().length === 0}
                fallback={
                  <button
                    type="submit"
                    class="icon-button composer-send"
                    aria-label={t('composer.send')}
                    disabled={!ready()}
                  >
                    <SendHorizontal size={20} aria-hidden="true" />
                  </button>
                }
              >
                <IconButton
                  class="composer-speak"
                  icon={Mic}
                  label={t('voiceMessage.record')}
                  // It opens when the button goes down, so that who holds it can speak at once.
                  onPointerDown={(event) => event.button === 0 && hold(event)}
                  onContextMenu={(event) => event.preventDefault()}
                  onClick={() => setRecording(true)}
                />
              </Show>
            </div>
          </Show>
        </form>
      </Show>
    </Show>
  );
}

/** Custom emojis are written `:name:` and sent as `<:name:id>`; an own guild's emoji wins over one from elsewhere. */
export function withEmojis(text: string, guildId: string | undefined): string {
  const parts = text.split(/(```[\s\S]*?```|`[^`]*`|<a?:\w+:\d+>)/);
  return parts
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/:(\w{2,32}):/g, (whole, name: string) => emojiMark(name, guildId) ?? whole),
    )
    .join('');
}

function emojiMark(name: string, guildId: string | undefined): string | undefined {
  const order = [guildId, ...store.guildOrder.filter((id) => id !== guildId)];
  for (const id of order) {
    const emoji = id && store.guilds[id]?.emojis.find((one) => one.name === name && one.available !== false);
    if (emoji) return `<${emoji.animated ? 'a' : ''}:${emoji.name}:${emoji.id}>`;
  }
  return undefined;
}

/** Seconds until the next message may be sent in a slowed channel. */
function createSlowMode(channelId: string) {
  const [until, setUntil] = createSignal(0);
  const [now, setNow] = createSignal(Date.now());
  const seconds = () => store.channels[channelId]?.rate_limit_per_user ?? 0;
  const exempt = () =>
    canIn(channelId, 'BYPASS_SLOWMODE') || canIn(channelId, 'MANAGE_MESSAGES') || canIn(channelId, 'MANAGE_CHANNELS');
  const timer = setInterval(() => until() > 0 && setNow(Date.now()), 500);
  onCleanup(() => clearInterval(timer));
  return {
    left: () => (exempt() ? 0 : Math.max(0, Math.ceil((until() - now()) / 1000))),
    start: () => {
      if (seconds() === 0) return;
      setNow(Date.now());
      setUntil(Date.now() + seconds() * 1000);
    },
  };
}
