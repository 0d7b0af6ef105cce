import { For, lazy, Match, Show, Suspense, Switch } from 'solid-js';
import { fileSize, ownPath } from '~/api/assets';
import type { Attachment } from '~/api/wire';
import { isProcessing, isRefused, isVoiceMessage, shownKind, shownName } from '~/media/kind';
import { Picture } from '~/media/Picture';
import { Processing } from '~/media/Processing';
import { VideoCard } from '~/media/VideoCard';
import { openLayer, type Picture as Leaf } from '~/shell/layer';
import type { MessageEntry } from '~/state/store';
import { locale, t } from '~/text';
import { Download, FileIcon } from '~/ui/icons';

/** Largest box of a picture in the list, in CSS pixels. */
const WIDTH_MAX = 480;
const HEIGHT_MAX = 340;
const BESIDE_MAX = 236;

const SoundPlayer = lazy(async () => ({ default: (await import('~/media/SoundPlayer')).SoundPlayer }));

interface Box {
  /** CSS pixels. */
  width: number;
  style: { width: string; 'aspect-ratio': string };
}

/** The box a picture takes before it has loaded, so that nothing jumps when it does. */
function box(file: Attachment, alone: boolean): Box {
  const width = file.width ?? 320;
  const height = file.height ?? 240;
  const scale = Math.min(1, (alone ? WIDTH_MAX : BESIDE_MAX) / width, (alone ? HEIGHT_MAX : BESIDE_MAX) / height);
  const shown = Math.max(48, Math.round(width * scale));
  return { width: shown, style: { width: `${shown}px`, 'aspect-ratio': `${width} / ${height}` } };
}

/** The files of a message; pictures open large, and those still on their way show from this machine. */
export function Attachments(props: { entry: MessageEntry }) {
  const files = () => props.entry.attachments;
  const isPicture = (file: Attachment) =>
    shownKind(file) === 'picture' && file.media?.state !== 'processing' && !isRefused(file);
  const visual = () => files().filter(isPicture);
  const rest = () => files().filter((file) => !isPicture(file));
  const pictures = (): Leaf[] =>
    visual().map((file) => ({
      url: file.url,
      name: shownName(file.filename),
      width: file.width ?? null,
      height: file.height ?? null,
      placeholder: file.placeholder,
    }));
  return (
    <>
      <Show when={props.entry.send && props.entry.files}>
        {(pending) => (
          <div class="pictures">
            <For each={pending()}>
              {(file) => (
                <Show when={file.previewUrl} fallback={<PendingFile file={file} />}>
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
            {(file, index) => {
              const place = () => box(file, visual().length === 1);
              return (
                <Picture
                  file={file}
                  style={place().style}
                  width={place().width}
                  onOpen={() => openLayer({ name: 'picture', pictures: pictures(), index: index() })}
                />
              );
            }}
          </For>
        </div>
      </Show>
      <For each={rest()}>{(file) => <Other file={file} voice={isVoiceMessage(props.entry)} />}</For>
    </>
  );
}

/** A file that is no picture, or of which the server has yet to make one. */
function Other(props: { file: Attachment; voice: boolean }) {
  const kind = () => (isRefused(props.file) ? 'file' : shownKind(props.file));
  return (
    <Switch fallback={<FileCard file={props.file} />}>
      <Match when={kind() === 'video'}>
        <VideoCard file={props.file} style={box(props.file, true).style} />
      </Match>
      <Match when={isProcessing(props.file)}>
        <div class="file file-processing">
          <Processing
            name={props.voice ? t('voiceMessage.name') : shownName(props.file.filename)}
            progress={props.file.media?.progress ?? 0}
          />
        </div>
      </Match>
      <Match when={kind() === 'audio'}>
        <div class="sound-place">
          <Suspense>
            <SoundPlayer file={props.file} voice={props.voice} />
          </Suspense>
        </div>
      </Match>
    </Switch>
  );
}

function PendingFile(props: { file: { name: string; size: number; voice: boolean } }) {
  return (
    <div class="file">
      <FileIcon size={28} aria-hidden="true" />
      <div>
        <span class="file-name">{props.file.voice ? t('voiceMessage.name') : props.file.name}</span>
        <span class="file-size">{fileSize(props.file.size, locale())}</span>
      </div>
    </div>
  );
}

function FileCard(props: { file: Attachment }) {
  const name = () => shownName(props.file.filename);
  return (
    <div class="file">
      <FileIcon size={28} aria-hidden="true" />
      <Show
        when={!isRefused(props.file)}
        fallback={
          <div>
            <span class="file-name">{name()}</span>
            <span class="file-size">{props.file.media?.refusal ?? t('media.refused')}</span>
          </div>
        }
      >
        <div>
          <a class="file-name" href={ownPath(props.file.url)} target="_blank" rel="noreferrer">
            {name()}
          </a>
          <span class="file-size">{fileSize(props.file.size, locale())}</span>
        </div>
        <a
          class="icon-button"
          href={ownPath(props.file.url)}
          download={name()}
          aria-label={t('picture.download', { name: name() })}
        >
          <Download size={18} aria-hidden="true" />
        </a>
      </Show>
    </div>
  );
}
