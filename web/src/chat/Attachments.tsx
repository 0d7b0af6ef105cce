import { For, Match, Show, Switch } from 'solid-js';
import { fileSize, ownPath } from '~/api/assets';
import type { Attachment } from '~/api/wire';
import { openLayer, type Picture } from '~/shell/layer';
import type { MessageEntry } from '~/state/store';
import { locale, t } from '~/text';
import { Download, FileIcon } from '~/ui/icons';

/** Largest box of a picture in the list, in CSS pixels. */
const WIDTH_MAX = 480;
const HEIGHT_MAX = 340;
const ALONE = 1;

const SHOWN_PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp']);
const kind = (file: Attachment): 'picture' | 'video' | 'audio' | 'file' => {
  const type = file.content_type?.split(';')[0]?.trim() ?? '';
  if (SHOWN_PICTURES.has(type)) return 'picture';
  if (/^video\/(mp4|webm|ogg|quicktime)$/.test(type)) return 'video';
  return type.startsWith('audio/') ? 'audio' : 'file';
};

/** The box a picture takes before it has loaded, so that nothing jumps when it does. */
function box(file: Attachment, alone: boolean): { width: string; 'aspect-ratio': string } {
  const width = file.width ?? 320;
  const height = file.height ?? 240;
  const scale = Math.min(1, (alone ? WIDTH_MAX : 236) / width, (alone ? HEIGHT_MAX : 236) / height);
  return { width: `${Math.max(48, Math.round(width * scale))}px`, 'aspect-ratio': `${width} / ${height}` };
}

/** The files of a message; pictures open large, and those still on their way show from this machine. */
export function Attachments(props: { entry: MessageEntry }) {
  const files = () => props.entry.attachments;
  const visual = () => files().filter((file) => kind(file) === 'picture');
  const rest = () => files().filter((file) => kind(file) !== 'picture');
  const pictures = (): Picture[] =>
    visual().map((file) => ({
      url: ownPath(file.url),
      name: file.filename,
      width: file.width ?? null,
      height: file.height ?? null,
    }));
  return (
    <>
      <Show when={props.entry.send && props.entry.files}>
        {(pending) => (
          <div class="pictures">
            <For each={pending()}>
              {(file) => (
                <Show when={file.previewUrl} fallback={<PendingFile name={file.name} size={file.size} />}>
                  {(url) => <img class="picture-pending" src={url()} alt={file.name} />}
                </Show>
              )}
            </For>
          </div>
        )}
      </Show>
      <Show when={visual().length > 0}>
        <div class="pictures">
          <For each={visual()}>
            {(file, index) => (
              <button
                type="button"
                class="picture"
                style={box(file, visual().length === ALONE)}
                aria-label={t('picture.open', { name: file.description || file.filename })}
                onClick={() => openLayer({ name: 'picture', pictures: pictures(), index: index() })}
              >
                <img src={ownPath(file.url)} alt={file.description ?? ''} loading="lazy" decoding="async" />
              </button>
            )}
          </For>
        </div>
      </Show>
      <For each={rest()}>
        {(file) => (
          <Switch fallback={<FileCard file={file} />}>
            <Match when={kind(file) === 'video'}>
              <video
                class="video"
                controls
                preload="metadata"
                src={ownPath(file.url)}
                style={file.width ? box(file, true) : undefined}
                aria-label={file.filename}
              >
                <track kind="captions" />
              </video>
            </Match>
            <Match when={kind(file) === 'audio'}>
              <figure class="audio">
                <figcaption>{file.filename}</figcaption>
                <audio controls preload="metadata" src={ownPath(file.url)} aria-label={file.filename}>
                  <track kind="captions" />
                </audio>
              </figure>
            </Match>
          </Switch>
        )}
      </For>
    </>
  );
}

function PendingFile(props: { name: string; size: number }) {
  return (
    <div class="file">
      <FileIcon size={28} aria-hidden="true" />
      <div>
        <span class="file-name">{props.name}</span>
        <span class="file-size">{fileSize(props.size, locale())}</span>
      </div>
    </div>
  );
}

function FileCard(props: { file: Attachment }) {
  return (
    <div class="file">
      <FileIcon size={28} aria-hidden="true" />
      <div>
        <a class="file-name" href={ownPath(props.file.url)} target="_blank" rel="noreferrer">
          {props.file.filename}
        </a>
        <span class="file-size">{fileSize(props.file.size, locale())}</span>
      </div>
      <a
        class="icon-button"
        href={ownPath(props.file.url)}
        download={props.file.filename}
        aria-label={t('picture.download', { name: props.file.filename })}
      >
        <Download size={18} aria-hidden="true" />
      </a>
    </div>
  );
}
