import { Show } from 'solid-js';
import { MessageType } from '~/api/wire';
import { displayName } from '~/state/select';
import { type MessageEntry, store } from '~/state/store';
import { locale, t } from '~/text';
import { clockTime, formatStamp } from '~/text/time';
import { Pin, UserPlus } from '~/ui/icons';
import { openProfile } from '~/member/profile';
import type { Chat } from './chat';

/** What the guild itself tells: someone came, something was pinned. */
export function SystemMessage(props: { entry: MessageEntry; chat: Chat; tabStop: boolean }) {
  const guildId = () => store.channels[props.entry.channel_id]?.guild_id;
  const text = () => {
    switch (props.entry.type) {
      case MessageType.MemberJoin:
        return t('system.joined');
      case MessageType.PinNotice:
        return t('system.pinned');
      default:
        return props.entry.content;
    }
  };
  return (
    <article class="system" tabindex={props.tabStop ? 0 : -1}>
      <span class="system-icon" aria-hidden="true">
        {props.entry.type === MessageType.PinNotice ? <Pin size={16} /> : <UserPlus size={16} />}
      </span>
      <p>
        <button
          type="button"
          class="author"
          onClick={(event) => openProfile(props.entry.author.id, guildId(), event.currentTarget)}
        >
          {displayName(store.users[props.entry.author.id] ?? props.entry.author, guildId())}
        </button>{' '}
        {text()}{' '}
        <Show when={props.entry.type === MessageType.PinNotice && props.entry.message_reference?.message_id}>
          {(id) => (
            <button type="button" class="text-link" onClick={() => void props.chat.goTo(id())}>
              {t('system.seePinned')}
            </button>
          )}
        </Show>
        <time
          class="stamp"
          dateTime={props.entry.timestamp}
          title={formatStamp(Date.parse(props.entry.timestamp), 'F', locale())}
        >
          {clockTime(props.entry.timestamp, locale())}
        </time>
      </p>
    </article>
  );
}
