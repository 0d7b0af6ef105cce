import { createSignal, onMount } from 'solid-js';
import { messages } from '~/api/calls';
import { isPhone } from '~/shell/layout';
import { type MessageEntry, setStore, store } from '~/state/store';
import { t } from '~/text';
import { FormProblem } from '~/ui/Field';
import { deleteMessage } from './MessageActions';
import { autosize } from './editing';
import { withEmojis } from './Composer';
import type { Chat } from './chat';

/** Edits a message where it stands. Enter saves, Esc leaves it as it was, an empty text asks to delete. */
export function MessageEditor(props: { entry: MessageEntry; chat: Chat }) {
  let area!: HTMLTextAreaElement;
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const close = () => {
    props.chat.setEditing(null);
    document.getElementById('composer')?.focus();
  };
  onMount(() => {
    const begun = props.chat.editText();
    area.value = begun ?? props.entry.content;
    autosize(area);
    // What comes back into sight leaves the focus and the view where they are.
    if (begun !== null) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    area.scrollIntoView({ block: 'nearest' });
  });
  const save = async () => {
    const { entry } = props;
    const content = withEmojis(area.value.trim(), store.channels[entry.channel_id]?.guild_id);
    if (content === entry.content) return close();
    if (content === '' && entry.attachments.length === 0) {
      close();
      return deleteMessage(entry);
    }
    setBusy(true);
    setProblem(null);
    try {
      const edited = await messages.edit(entry.channel_id, entry.id, content);
      setStore('messages', entry.key, { content: edited.content, edited_timestamp: edited.edited_timestamp });
      close();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="editor">
      <textarea
        ref={area}
        rows="1"
        aria-label={t('message.editLabel')}
        readOnly={busy()}
        onInput={() => {
          autosize(area);
          props.chat.keepEditText(area.value);
        }}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            void save();
          } else if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            close();
          }
        }}
      />
      <FormProblem text={problem()} />
      <p class="editor-hint">
        <button type="button" class="text-link" onClick={close}>
          {t(isPhone() ? 'action.cancel' : 'message.editCancel')}
        </button>
        {' · '}
        <button type="button" class="text-link" onClick={() => void save()}>
          {t(isPhone() ? 'message.save' : 'message.editSave')}
        </button>
      </p>
    </div>
  );
}
