import { For, Show } from 'solid-js';
import { fileSize } from '~/api/assets';
import { locale, t } from '~/text';
import { IconButton } from '~/ui/Button';
import { FileIcon, X } from '~/ui/icons';
import type { Chat } from './chat';

/** The files that go with the next message. */
export function FileTray(props: { chat: Chat }) {
  return (
    <Show when={props.chat.files().length > 0}>
      <ul class="file-tray no-swipe" aria-label={t('upload.chosen')}>
        <For each={props.chat.files()}>
          {(chosen) => (
            <li class="file-card">
              <Show
                when={chosen.previewUrl}
                fallback={
                  <span class="file-card-icon">
                    <FileIcon size={28} aria-hidden="true" />
                  </span>
                }
              >
                {(url) => <img src={url()} alt="" />}
              </Show>
              <span class="file-card-name" title={chosen.file.name}>
                {chosen.file.name}
              </span>
              <span class="file-card-size">{fileSize(chosen.file.size, locale())}</span>
              <IconButton
                icon={X}
                size={16}
                label={t('upload.remove', { name: chosen.file.name })}
                onClick={() => props.chat.removeFile(chosen)}
              />
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}
