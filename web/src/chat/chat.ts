import { createSignal, untrack } from 'solid-js';
import type { Snowflake } from '~/api/wire';
import { readUpTo } from '~/state/select';
import { type MessageEntry, onForget, store } from '~/state/store';
import { openAround, timeline } from '~/state/timeline';
import { t } from '~/text';
import { toast } from '~/state/toast';
import { trayOf } from '~/state/tray';
import { fileSize } from '~/api/assets';
import { locale } from '~/text';

/** Most files one message carries. */
const FILES_MAX = 10;
const UPLOAD_BYTES = 25 * 1024 * 1024;

const keptReplies = new Map<Snowflake, MessageEntry>();
/** The message that is being edited, and its new text as far as it is written: null until a key is pressed. */
const keptEdits = new Map<Snowflake, { key: string; text: string | null }>();
onForget(() => {
  for (const map of [keptReplies, keptEdits]) map.clear();
});

/** What the parts of one channel's view share: the reply, the edit, the files, and where to look. */
export function createChat(channelId: Snowflake) {
  const [reply, setReplySignal] = createSignal<MessageEntry | null>(keptReplies.get(channelId) ?? null);
  const [editing, setEditingSignal] = createSignal<string | null>(keptEdits.get(channelId)?.key ?? null);
  const tray = untrack(() => trayOf(channelId));
  const [target, setTarget] = createSignal<{ id: Snowflake; at: number } | null>(null);
  const [bottomAsked, askBottom] = createSignal(0);

  const setReplyTo = (entry: MessageEntry | null) => {
    if (entry) keptReplies.set(channelId, entry);
    else keptReplies.delete(channelId);
    setReplySignal(entry);
  };
  const setEditing = (key: string | null) => {
    if (key === null) keptEdits.delete(channelId);
    else if (key !== editing()) keptEdits.set(channelId, { key, text: null });
    setEditingSignal(key);
  };
  const reveal = (id: Snowflake) => setTarget({ id, at: Date.now() });

  return {
    channelId,
    /** Where the "new" line stands: fixed when the channel is opened. */
    readBefore: readUpTo(channelId),
    line: () => timeline(channelId),
    /** The message that is being answered, while it is there. */
    replyTo: () => {
      const entry = reply();
      return entry?.gone ? null : entry;
    },
    setReplyTo,
    editing,
    setEditing,
    /** What is written of the edit: its field goes when the message is scrolled out of sight or the channel is left. */
    editText: (): string | null => keptEdits.get(channelId)?.text ?? null,
    keepEditText: (text: string) => {
      const edit = keptEdits.get(channelId);
      if (edit) edit.text = text;
    },
    files: tray.files,
    addFiles: (list: Iterable<File>) => {
      const room = FILES_MAX - tray.files().length;
      const limit = store.instance?.limits?.upload_bytes ?? UPLOAD_BYTES;
      const fitting: File[] = [];
      for (const file of list) {
        if (file.size > limit)
          toast.problem(t('upload.tooLarge', { name: file.name, size: fileSize(limit, locale()) }));
        else fitting.push(file);
      }
      if (fitting.length > room) toast.problem(t('upload.tooMany', { count: FILES_MAX }));
      tray.add(fitting.slice(0, Math.max(0, room)));
    },
    removeFile: tray.remove,
    /** Hand the chosen files over to a send. */
    takeFiles: tray.take,
    target,
    /** Scroll to a message, which is loaded if need be, and mark it for a moment; or say that it is gone. */
    goTo: async (id: Snowflake) => {
      const found = await openAround(channelId, id);
      if (found) reveal(id);
      else if (found === false) toast.info(t('message.gone'));
    },
    bottomAsked,
    toBottom: () => askBottom((count) => count + 1),
  };
}

export type Chat = ReturnType<typeof createChat>;
