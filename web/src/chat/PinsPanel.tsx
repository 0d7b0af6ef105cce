import { createEffect, createResource, For, Match, on, Show, Switch } from 'solid-js';
import { messages } from '~/api/calls';
import type { Message } from '~/api/wire';
import { Markdown } from '~/markdown/Markdown';
import { displayName } from '~/state/select';
import { canIn } from '~/state/select';
import { learnMessage } from '~/state/learn';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { locale, t } from '~/text';
import { messageTime } from '~/text/time';
import { Avatar } from '~/ui/Avatar';
import { IconButton } from '~/ui/Button';
import { X } from '~/ui/icons';
import { MessageSkeleton } from '~/ui/Skeleton';
import type { Chat } from './chat';

/** The pinned messages of a channel, newest first. */
export function PinsPanel(props: { chat: Chat; onClose: () => void }) {
  const { channelId } = props.chat;
  const guildId = () => store.channels[channelId]?.guild_id;
  const [pins, { refetch, mutate }] = createResource(
    () => channelId,
    async (id) => {
      const list = await messages.pins(id);
      for (const message of list) learnMessage(message);
      return list;
    },
  );
  createEffect(
    on(
      () => store.channels[channelId]?.last_pin_timestamp,
      () => void refetch(),
      { defer: true },
    ),
  );
  const mayUnpin = () => !guildId() || canIn(channelId, 'PIN_MESSAGES') || canIn(channelId, 'MANAGE_MESSAGES');
  const unpin = async (message: Message) => {
    try {
      await messages.unpin(channelId, message.id);
      mutate((list) => list?.filter((other) => other.id !== message.id));
    } catch (error) {
      toast.error(error);
    }
  };
  const go = (message: Message) => {
    void props.chat.goTo(message.id);
    props.onClose();
  };
  return (
    <section
      class="pins"
      aria-label={t('pins.title')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.onClose();
        }
      }}
    >
      <header>
        <h2>{t('pins.title')}</h2>
        <IconButton
          icon={X}
          label={t('action.close')}
          onClick={props.onClose}
          ref={(element) => queueMicrotask(() => element.focus())}
        />
      </header>
      <Switch>
        <Match when={pins.error}>
          <p role="alert">{String(pins.error?.message)}</p>
        </Match>
        <Match when={pins.loading && !pins.latest}>
          <MessageSkeleton count={3} />
        </Match>
        <Match when={pins()?.length === 0}>
          <p class="pins-empty">{t('pins.empty')}</p>
        </Match>
        <Match when={pins()}>
          {(list) => (
            <ul>
              <For each={list()}>
                {(message) => (
                  <li class="pin">
                    <div class="pin-top">
                      <Avatar user={store.users[message.author.id] ?? message.author} size={24} />
                      <b>{displayName(store.users[message.author.id] ?? message.author, guildId())}</b>
                      <time class="stamp">{messageTime(message.timestamp, locale(), t('time.yesterday'))}</time>
                    </div>
                    <Markdown text={message.content || t('message.noText')} guildId={guildId()} />
                    <div class="pin-actions">
                      <button type="button" class="text-link" onClick={() => go(message)}>
                        {t('pins.jump')}
                      </button>
                      <Show when={mayUnpin()}>
                        <button type="button" class="text-link" onClick={() => void unpin(message)}>
                          {t('message.unpin')}
                        </button>
                      </Show>
                    </div>
                  </li>
                )}
              </For>
            </ul>
          )}
        </Match>
      </Switch>
    </section>
  );
}
