import { createEffect, type JSX, on, onCleanup, untrack } from 'solid-js';
import type { Snowflake } from '~/api/wire';
import { watchChannel } from '~/state/notify';
import { store } from '~/state/store';
import { openChannel, trim } from '~/state/timeline';
import { Composer } from './Composer';
import { type Chat, createChat } from './chat';
import { DropZone } from './DropZone';
import { MessageList } from './MessageList';
import { TypingLine } from './TypingLine';
import './chat.css';

/** Open a channel's messages for as long as the component lives that asks for them, at a message if one is named. */
export function openChat(channelId: Snowflake, messageId: () => Snowflake | undefined): Chat {
  const chat = createChat(channelId);
  watchChannel(channelId);
  // What is out of date is fetched anew, but not from under somebody who reads further back: their run has no gap.
  createEffect(() => {
    const { stale, hasNewer } = chat.line();
    if (store.ready && (stale ? !hasNewer : !messageId())) untrack(() => void openChannel(channelId));
  });
  createEffect(
    on([messageId, () => store.ready], ([target, ready]) => {
      if (ready && target) void chat.goTo(target);
    }),
  );
  onCleanup(() => {
    watchChannel(null);
    trim(channelId);
  });
  return chat;
}

/** The messages of a channel and where one writes; files may be dropped on all of it. */
export function ChatBody(props: { chat: Chat; children?: JSX.Element }) {
  const { chat } = props;
  return (
    <DropZone channelId={chat.channelId} onFiles={(files) => chat.addFiles(files)}>
      {props.children}
      <MessageList chat={chat} />
      <Composer chat={chat} />
      <TypingLine channelId={chat.channelId} />
    </DropZone>
  );
}
