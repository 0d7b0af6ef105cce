import { createSignal, type JSX, Show } from 'solid-js';
import { canIn } from '~/state/select';
import { t } from '~/text';
import { Upload } from '~/ui/icons';

/** Takes files dropped anywhere on the channel. */
export function DropZone(props: { channelId: string; onFiles: (files: FileList) => void; children: JSX.Element }) {
  const [depth, setDepth] = createSignal(0);
  const takes = (event: DragEvent) =>
    event.dataTransfer?.types.includes('Files') === true &&
    canIn(props.channelId, 'ATTACH_FILES') &&
    canIn(props.channelId, 'SEND_MESSAGES');
  return (
    <div
      class="drop-zone"
      onDragEnter={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        setDepth(depth() + 1);
      }}
      onDragOver={(event) => {
        if (takes(event)) event.preventDefault();
      }}
      onDragLeave={() => setDepth(Math.max(0, depth() - 1))}
      onDrop={(event) => {
        setDepth(0);
        if (!takes(event)) return;
        event.preventDefault();
        if (event.dataTransfer) props.onFiles(event.dataTransfer.files);
        document.getElementById('composer')?.focus();
      }}
    >
      {props.children}
      <Show when={depth() > 0}>
        <div class="drop-hint" aria-hidden="true">
          <Upload size={32} />
          {t('upload.drop')}
        </div>
      </Show>
    </div>
  );
}
