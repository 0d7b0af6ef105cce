import { ChatBody, openChat } from '~/chat/ChatBody';
import { store } from '~/state/store';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { MessageSquare, X } from '~/ui/icons';

interface CallChatProps {
  channelId: string;
  messageId?: string | undefined;
  onClose: () => void;
}

/** The voice channel's own messages, beside the call. */
export function CallChat(props: CallChatProps) {
  const chat = openChat(props.channelId, () => props.messageId);
  const name = () => store.channels[props.channelId]?.name ?? '';
  return (
    <aside class="call-chat chat" aria-label={t('messages.label')}>
      <header class="bar">
        <div class="bar-place">
          <MessageSquare size={18} aria-hidden="true" />
          <h2 class="bar-title">{name()}</h2>
        </div>
        <IconButton icon={X} label={t('action.close')} onClick={props.onClose} />
      </header>
      <ChatBody chat={chat} />
    </aside>
  );
}
