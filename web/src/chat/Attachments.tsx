import { For, type JSX, lazy, Match, Show, Suspense, Switch } from 'solid-js';
import { fileSize, ownPath } from '~/api/assets';
import type { Attachment } from '~/api/wire';
import { messages } from '~/api/calls';
import { isProcessing, isRefused, isVoiceMessage, shownKind, shownName } from '~/media/kind';
import { COLUMNS, coverWidth, mosaic, type Tile } from '~/media/mosaic';
import { Picture } from '~/media/Picture';
import { Processing } from '~/media/Processing';
import { VideoCard } from '~/media/VideoCard';
import { openLayer, type Picture as Leaf } from '~/shell/layer';
import { type MessageEntry, store } from '~/state/store';
import { locale, t } from '~/text';
import { Download, FileIcon, TriangleAlert } from '~/ui/icons';

/** Largest box of a picture in the list, in CSS pixels. */
const WIDTH_MAX = 480;
const HEIGHT_MAX = 340;

const SoundPlayer = lazy(async () => ({ default: (await import('~/media/SoundPlayer')).SoundPlayer }));

interface Box {
  /** CSS pixels. */
  width: number;
  style: JSX.CSSProperties;
}

/** The box a picture takes before it has loaded, so that nothing jumps when it does. */
function box(file: Attachment): Box {
  const width = file.width ?? 320;
  const height = file.height ?? 240;
  const scale = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height);
  const shown = Math.max(48, Math.round(width * scale));
  return { width: shown, style: { width: `${shown}px`, 'aspect-ratio': `${width} / ${height}` } };
}

const tileStyle = (tile: Tile | undefined): JSX.CSSProperties =>
  tile
    ? { 'grid-column': `span ${tile.across}`, 'grid-row': `span ${tile.down}`, 'aspect-ratio': `${tile.ratio}` }
    : {};

/** The place of a picture among others, which it fills. */
const tileBox = (file: Attachment, tile: Tile): Box => ({
  width: coverWidth(tile, (file.width ?? 4) / (file.height ?? 3), WIDTH_MAX),
  style: tileStyle(tile),
});

const mosaicStyle: JSX.CSSProperties = {
  'grid-template-columns': `repeat(${COLUMNS}, minmax(0, 1fr))`,
  width: `min(${WIDTH_MAX}px, 100%)`,
};

/** Say anew what one file of a message shows. */
const describeFile = (entry: MessageEntry, file: Attachment, description: string) =>
  messages.describe(
    entry.channel_id,
    entry.id,
    entry.attachments.map(({ id }) => (id === file.id ? { id, description } : { id })),
  );

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
      description: file.description,
      ...(props.entry.author.id === store.me?.id && {
        describe: (text: string) => describeFile(props.entry, file, text),
      }),
    }));
  const tiles = () => mosaic(visual().length);
  return (
    <>
      <Show when={props.entry.send && props.entry.files}>
        {(pending) => {
          const previewed = () => pending().filter((file) => file.previewUrl !== null);
          const tiles = () => mosaic(previewed().length);
          return (
            <>
              <Show when={previewed().length > 0}>
                <div
                  classList={{ pictures: true, mosaic: tiles().length > 0 }}
                  style={tiles().length > 0 ? mosaicStyle : {}}
                >
                  <For each={previewed()}>
                    {(file, index) => (
                      <img
                        class="picture-pending"
                        style={tileStyle(tiles()[index()])}
                        src={file.previewUrl ?? ''}
                        alt={file.description || file.name}
                      />
                    )}
                  </For>
                </div>
              </Show>
              <For each={pending().filter((file) => file.previewUrl === null)}>
                {(file) => <PendingFile file={file} />}
              </For>
            </>
          );
        }}
      </Show>
      <Show when={visual().length > 0}>
        <div classList={{ pictures: true, mosaic: tiles().length > 0 }} style={tiles().length > 0 ? mosaicStyle : {}}>
          <For each={visual()}>
            {(file, index) => {
              const place = () => {
                const tile = tiles()[index()];
                return tile ? tileBox(file, tile) : box(file);
              };
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
        <VideoCard file={props.file} style={box(props.file).style} />
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
      <Show
        when={!isRefused(props.file)}
        fallback={<TriangleAlert class="file-refused" size={24} aria-hidden="true" />}
      >
        <FileIcon size={28} aria-hidden="true" />
      </Show>
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
