import { Show } from 'solid-js';
import { messages } from '~/api/calls';
import { EmojiButton } from '~/emoji/EmojiButton';
import { recentEmojis } from '~/emoji/recent';
import { confirm } from '~/shell/layer';
import { canIn } from '~/state/select';
import { type MessageEntry, setStore, store } from '~/state/store';
import { dropMessage } from '~/state/timeline';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { Copy, Ellipsis, Link, Pencil, Pin, Reply, SmilePlus, Trash } from '~/ui/icons';
import { Menu } from '~/ui/Menu';
import type { MenuEntries } from '~/ui/menuEntry';
import type { Chat } from './chat';
import { react } from './react';

export const mayDelete = (entry: MessageEntry): boolean =>
  entry.author.id === store.me?.id ||
  (store.channels[entry.channel_id]?.guild_id !== undefined && canIn(entry.channel_id, 'MANAGE_MESSAGES'));

const mayPin = (entry: MessageEntry): boolean =>
  store.channels[entry.channel_id]?.guild_id === undefined ||
  canIn(entry.channel_id, 'PIN_MESSAGES') ||
  canIn(entry.channel_id, 'MANAGE_MESSAGES');

/** Ask, then delete. With `sure`, delete at once. */
export function deleteMessage(entry: MessageEntry, sure = false): void {
  const remove = async () => {
    await messages.remove(entry.channel_id, entry.id);
    dropMessage(entry.channel_id, entry.id);
  };
  if (sure) void remove().catch(toast.error);
  else confirm(t('message.deleteTitle'), t('message.deleteText'), t('action.delete'), remove);
}

async function togglePin(entry: MessageEntry): Promise<void> {
  const pinned = !entry.pinned;
  setStore('messages', entry.key, 'pinned', pinned);
  try {
    if (pinned) await messages.pin(entry.channel_id, entry.id);
    else await messages.unpin(entry.channel_id, entry.id);
    toast.info(pinned ? t('message.pinned') : t('message.unpinned'));
  } catch (error) {
    setStore('messages', entry.key, 'pinned', !pinned);
    toast.error(error);
  }
}

const linkTo = (entry: MessageEntry): string => {
  const guildId = store.channels[entry.channel_id]?.guild_id;
  return `${location.origin}${guildId ? `/guilds/${guildId}` : '/direct'}/${entry.channel_id}/${entry.id}`;
};

interface MessageActionsProps {
  entry: MessageEntry;
  chat: Chat;
  /** Told while something opened from here is open: it stands outside the message, so that focus and pointer leave. */
  onHold: (held: boolean) => void;
}

/** What can be done with a message, shown at its corner while it is pointed at or holds the focus. */
export function MessageActions(props: MessageActionsProps) {
  const entry = () => props.entry;
  const mine = () => entry().author.id === store.me?.id;
  const mayReact = () => canIn(entry().channel_id, 'ADD_REACTIONS');
  const mayReply = () => canIn(entry().channel_id, 'SEND_MESSAGES');
  const copy = (text: string) => void navigator.clipboard.writeText(text).then(() => toast.info(t('action.copied')));
  const more = (): MenuEntries => [
    entry().content !== '' && { label: t('action.copyText'), icon: Copy, run: () => copy(entry().content) },
    { label: t('message.copyLink'), icon: Link, run: () => copy(linkTo(entry())) },
    mayPin(entry()) && {
      label: entry().pinned ? t('message.unpin') : t('message.pin'),
      icon: Pin,
      run: () => void togglePin(entry()),
    },
    null,
    mayDelete(entry()) && {
      label: t('message.delete'),
      icon: Trash,
      tone: 'danger',
      run: () => deleteMessage(entry()),
    },
  ];
  return (
    <div class="message-actions" role="toolbar" aria-label={t('message.actions')}>
      <Show when={mayReact()}>
        {recentEmojis()
          .slice(0, 3)
          .map((glyph) => (
            <button
              type="button"
              class="icon-button quick-reaction"
              aria-label={t('reaction.with', { emoji: glyph })}
              onClick={() => void react(entry(), { id: null, name: glyph })}
            >
              <span class="glyph">{glyph}</span>
            </button>
          ))}
        <EmojiButton
          class="icon-button"
          icon={SmilePlus}
          label={t('reaction.add')}
          channelId={entry().channel_id}
          onPick={(emoji) => void react(entry(), emoji)}
          onOpenChange={props.onHold}
        />
      </Show>
      <Show when={mayReply()}>
        <IconButton
          icon={Reply}
          label={t('message.reply')}
          onClick={() => {
            props.chat.setReplyTo(entry());
            document.getElementById('composer')?.focus();
          }}
        />
      </Show>
      <Show when={mine()}>
        <IconButton
          icon={Pencil}
          size={18}
          label={t('message.edit')}
          onClick={() => props.chat.setEditing(entry().key)}
        />
      </Show>
      <Menu
        label={t('message.more')}
        trigger={<Ellipsis size={20} aria-hidden="true" />}
        placement="bottom-end"
        entries={more}
        onOpenChange={props.onHold}
      />
    </div>
  );
}
