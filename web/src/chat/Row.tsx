import { createMemo, onCleanup, onMount, Show } from 'solid-js';
import { MessageType } from '~/api/wire';
import { type MessageEntry, store } from '~/state/store';
import { locale, t } from '~/text';
import { dayName, isSameDay } from '~/text/time';
import type { Chat } from './chat';
import { Message } from './Message';
import { SystemMessage } from './SystemMessage';

/** Messages of one author within this time stand together under one name. */
const GROUP_MS = 7 * 60_000;

interface RowProps {
  messageKey: string;
  index: number;
  previousKey: string | undefined;
  newLine: boolean;
  marked: boolean;
  /** Whether Tab stops at this row. */
  tabStop: boolean;
  chat: Chat;
  measure: (element: HTMLElement) => void;
}

/** One measured row: day line and "new" line where they belong, then the message. */
export function Row(props: RowProps) {
  let element!: HTMLDivElement;
  const entry = () => store.messages[props.messageKey];
  const previous = () => (props.previousKey ? store.messages[props.previousKey] : undefined);
  const newDay = createMemo(() => {
    const now = entry();
    const before = previous();
    if (!now) return false;
    return before ? !isSameDay(before.timestamp, now.timestamp) : !props.chat.line().hasOlder;
  });
  const grouped = createMemo(() => !newDay() && !props.newLine && follows(previous(), entry()));
  onMount(() => {
    props.measure(element);
    onCleanup(() => queueMicrotask(() => props.measure(null as unknown as HTMLElement)));
  });
  return (
    <div class="row" ref={element} data-index={props.index}>
      <Show when={newDay() && entry()}>
        {(first) => (
          <div class="line line-day" role="separator">
            <span>{dayName(first().timestamp, locale())}</span>
          </div>
        )}
      </Show>
      <Show when={props.newLine}>
        <div class="line line-new" role="separator">
          <span>{t('messages.new')}</span>
        </div>
      </Show>
      <Show when={entry()}>
        {(message) => (
          <Show
            when={isSystem(message().type)}
            fallback={
              <Message
                entry={message()}
                grouped={grouped()}
                marked={props.marked}
                tabStop={props.tabStop}
                chat={props.chat}
              />
            }
          >
            <SystemMessage entry={message()} chat={props.chat} tabStop={props.tabStop} />
          </Show>
        )}
      </Show>
    </div>
  );
}

export const isSystem = (type: MessageType): boolean =>
  type !== MessageType.Default && type !== MessageType.Reply && type !== MessageType.Command;

function follows(before: MessageEntry | undefined, now: MessageEntry | undefined): boolean {
  if (!before || !now) return false;
  return (
    before.author.id === now.author.id &&
    before.webhook_id === now.webhook_id &&
    !isSystem(before.type) &&
    now.type === MessageType.Default &&
    Date.parse(now.timestamp) - Date.parse(before.timestamp) < GROUP_MS
  );
}
