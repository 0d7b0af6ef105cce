import { createSignal } from 'solid-js';
import type { Snowflake } from '~/api/wire';
import { readUpTo } from '~/state/select';
import { type MessageEntry, onForget, store } from '~/state/store';
import { openAround, timeline } from '~/state/timeline';
import { t } from '~/text';
import { toast } from '~/state/toast';
import { fileSize } from '~/api/assets';
import { locale } from '~/text';

/** Most files one message carries. */
const FILES_MAX = 10;
const UPLOAD_BYTES = 25 * 1024 * 1024;

/** A file chosen for the next message. */
export interface Chosen {
  file: File;
  previewUrl: string | null;
}

/** Files stay with their channel while the person looks elsewhere; a reload lets go of them. */
const kept = new Map<Snowflake, Chosen[]>();
const keptReplies = new Map<Snowflake, MessageEntry>();
/** The message that is being edited, and its new text as far as it is written: null until a key is pressed. */
const keptEdits = new Map<Snowflake, { key: string; text: string | null }>();
onForget(() => {
  for (const { previewUrl } of [...kept.values()].flat()) if (previewUrl) URL.revokeObjectURL(previewUrl);
  for (const map of [kept, keptReplies, keptEdits]) map.clear();
});

/** What the parts of one channel's view share: the reply, the edit, the files, and where to look. */
export function createChat(channelId: Snowflake) {
  const [reply, setReplySignal] = createSignal<MessageEntry | null>(keptReplies.get(channelId) ?? null);
  const [editing, setEditingSignal] = createSignal<string | null>(keptEdits.get(channelId)?.key ?? null);
  const [files, setFilesSignal] = createSignal<readonly Chosen[]>(kept.get(channelId) ?? []);
  const [target, setTarget] = createSignal<{ id: Snowflake; at: number } | null>(null);
  const [bottomAsked, askBottom] = createSignal(0);

  const setFiles = (next: Chosen[]) => {
    kept.set(channelId, next);
    setFilesSignal(next);
  };
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
    files,
    addFiles: (list: Iterable<File>) => {
      const room = FILES_MAX - files().length;
      const limit = store.instance?.limits?.upload_bytes ?? UPLOAD_BYTES;
      const fitting: File[] = [];
      for (const file of list) {
        if (file.size > limit)
          toast.problem(t('upload.tooLarge', { name: file.name, size: fileSize(limit, locale()) }));
        else fitting.push(file);
      }
      if (fitting.length > room) toast.problem(t('upload.tooMany', { count: FILES_MAX }));
      const added = fitting.slice(0, Math.max(0, room)).map((file) => ({
        file,
        previewUrl: file.type.startsWith('image/') ? URL.createObjectURL(file) : null,
      }));
      setFiles([...files(), ...added]);
    },
    removeFile: (chosen: Chosen) => {
      if (chosen.previewUrl) URL.revokeObjectURL(chosen.previewUrl);
      setFiles(files().filter((other) => other !== chosen));
    },
    /** Hand the chosen files over to a send. */
    takeFiles: (): File[] => {
      const taken = files().map((chosen) => chosen.file);
      for (const chosen of files()) if (chosen.previewUrl) URL.revokeObjectURL(chosen.previewUrl);
      setFiles([]);
      return taken;
    },
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
