import { createMemo, createSignal, lazy, Show, Suspense } from 'solid-js';
import { MessageFlag, MessageType } from '~/api/wire';
import { plainLine } from '~/markdown/parse';
import { Markdown } from '~/markdown/Markdown';
import { openProfile } from '~/member/profile';
import { concernsMe } from '~/state/notify';
import { displayName, nameColor } from '~/state/select';
import { type MessageEntry, store } from '~/state/store';
import { keyOf } from '~/state/timeline';
import { locale, t } from '~/text';
import { clockTime, formatStamp, messageTime } from '~/text/time';
import { Avatar } from '~/ui/Avatar';
import { Reply, Slash } from '~/ui/icons';
import { Attachments } from './Attachments';
import type { Chat } from './chat';
import { Embeds } from './Embeds';
import { MessageActions } from './MessageActions';
import { Reactions } from './Reactions';
import { SendState } from './SendState';

const MessageEditor = lazy(async () => ({ default: (await import('./MessageEditor')).MessageEditor }));

interface MessageProps {
  entry: MessageEntry;
  grouped: boolean;
  marked: boolean;
  tabStop: boolean;
  chat: Chat;
}

/** One message with everything that hangs on it. */
export function Message(props: MessageProps) {
  const entry = () => props.entry;
  const guildId = () => store.channels[entry().channel_id]?.guild_id;
  const author = () => (entry().webhook_id ? entry().author : (store.users[entry().author.id] ?? entry().author));
  const editing = () => props.chat.editing() === entry().key;
  const [pointed, setPointed] = createSignal(false);
  const [focused, setFocused] = createSignal(false);
  const [held, setHeld] = createSignal(false);
  const concerns = createMemo(() => !entry().send && guildId() !== undefined && concernsMe(entry()));
  const ephemeral = () => ((entry().flags ?? 0) & MessageFlag.Ephemeral) !== 0;
  const loading = () => ((entry().flags ?? 0) & MessageFlag.Loading) !== 0;
  const head = () => !props.grouped;
  const card = (event: MouseEvent & { currentTarget: HTMLElement }) =>
    !entry().webhook_id && openProfile(author().id, guildId(), event.currentTarget);

  return (
    <article
      class="message"
      classList={{
        'message-head': head(),
        'message-mention': concerns(),
        'message-marked': props.marked,
        'message-pending': entry().send !== undefined && entry().send?.name !== 'failed',
        'message-failed': entry().send?.name === 'failed',
        'message-editing': editing(),
      }}
      aria-label={t('message.spoken', {
        name: displayName(author(), guildId()),
        time: formatStamp(Date.parse(entry().timestamp), 'f', locale()),
      })}
      tabindex={props.tabStop ? 0 : -1}
      onMouseEnter={() => setPointed(true)}
      onMouseLeave={() => setPointed(false)}
      onFocusIn={() => setFocused(true)}
      onFocusOut={(event) => setFocused(event.currentTarget.contains(event.relatedTarget as Node))}
    >
      <Show when={entry().type === MessageType.Reply || entry().interaction}>
        <ReplyLine entry={entry()} guildId={guildId()} chat={props.chat} />
      </Show>
      <div class="message-gutter">
        <Show
          when={head()}
          fallback={
            <time class="message-clock" dateTime={entry().timestamp} aria-hidden="true">
              {clockTime(entry().timestamp, locale())}
            </time>
          }
        >
          <button type="button" class="message-avatar" tabindex="-1" aria-hidden="true" onClick={card}>
            <Avatar user={author()} />
          </button>
        </Show>
      </div>
      <div class="message-body">
        <Show when={head()}>
          <header class="message-top">
            <button
              type="button"
              class="author"
              style={{ color: nameColor(guildId(), author().id) ?? undefined }}
              onClick={card}
            >
              {displayName(author(), guildId())}
            </button>
            <Show when={author().bot}>
              <span class="tag">{t('member.bot')}</span>
            </Show>
            <time
              class="stamp"
              dateTime={entry().timestamp}
              title={formatStamp(Date.parse(entry().timestamp), 'F', locale())}
            >
              {messageTime(entry().timestamp, locale(), t('time.yesterday'))}
            </time>
          </header>
        </Show>
        <Show
          when={!editing()}
          fallback={
            <Suspense>
              <MessageEditor entry={entry()} chat={props.chat} />
            </Suspense>
          }
        >
          <Show when={loading()}>
            <p class="message-thinking">{t('message.thinking')}</p>
          </Show>
          <Show when={entry().content}>
            <Markdown
              text={entry().content}
              guildId={guildId()}
              message
              after={
                <Show when={entry().edited_timestamp}>
                  {(edited) => (
                    <time class="edited" dateTime={edited()} title={formatStamp(Date.parse(edited()), 'F', locale())}>
                      {t('message.edited')}
                    </time>
                  )}
                </Show>
              }
            />
          </Show>
        </Show>
        <Attachments entry={entry()} />
        <Embeds embeds={entry().embeds} guildId={guildId()} />
        <Show when={(entry().reactions?.length ?? 0) > 0}>
          <Reactions entry={entry()} />
        </Show>
        <Show when={ephemeral()}>
          <p class="message-note">{t('message.ephemeral')}</p>
        </Show>
        <Show when={entry().send}>{(send) => <SendState entry={entry()} send={send()} chat={props.chat} />}</Show>
      </div>
      <Show when={(pointed() || focused() || held()) && !entry().send && !editing()}>
        <MessageActions entry={entry()} chat={props.chat} onHold={setHeld} />
      </Show>
    </article>
  );
}

/** The message that is answered, in one line; a press leads to it. */
function ReplyLine(props: { entry: MessageEntry; guildId: string | undefined; chat: Chat }) {
  const target = () => {
    const id = props.entry.message_reference?.message_id;
    return (id ? store.messages[keyOf(id)] : undefined) ?? props.entry.referenced_message ?? undefined;
  };
  const name = (kind: 'user' | 'role' | 'channel', id: string): string => {
    if (kind === 'user') return `@${displayName(store.users[id], props.guildId)}`;
    if (kind === 'channel') return `#${store.channels[id]?.name ?? '?'}`;
    return `@${(props.guildId && store.roles[props.guildId]?.[id]?.name) || '?'}`;
  };
  return (
    <div class="reply-line">
      <Show
        when={!props.entry.interaction}
        fallback={
          <span class="reply-quote">
            <Slash size={13} aria-hidden="true" />
            {t('message.used', {
              name: displayName(props.entry.interaction?.user, props.guildId),
              command: props.entry.interaction?.name ?? '',
            })}
          </span>
        }
      >
        <Reply size={14} aria-hidden="true" />
        <Show when={target()} fallback={<span class="reply-quote reply-gone">{t('message.replyGone')}</span>}>
          {(original) => (
            <button type="button" class="reply-quote" onClick={() => void props.chat.goTo(original().id)}>
              <Avatar user={store.users[original().author.id] ?? original().author} size={16} />
              <b style={{ color: nameColor(props.guildId, original().author.id) ?? undefined }}>
                {displayName(store.users[original().author.id] ?? original().author, props.guildId)}
              </b>
              <span class="reply-text">{plainLine(original().content.slice(0, 300), name) || t('message.noText')}</span>
            </button>
          )}
        </Show>
      </Show>
    </div>
  );
}
