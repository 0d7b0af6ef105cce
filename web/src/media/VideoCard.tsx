import { createSignal, type JSX, lazy, Show, Suspense } from 'solid-js';
import { ownPath } from '~/api/assets';
import type { Attachment } from '~/api/wire';
import { t } from '~/text';
import { Play } from '~/ui/icons';
import { isProcessing, isSpoiler, shownName } from './kind';
import { createPlaceholder } from './placeholder';
import { Processing } from './Processing';
import { Spoiler } from './Spoiler';
import { clock } from './time';
import './media.css';

const VideoPlayer = lazy(async () => ({ default: (await import('./VideoPlayer')).VideoPlayer }));

/** A video in its place: its poster, and the player once somebody wants to see it. */
export function VideoCard(props: { file: Attachment; style: JSX.CSSProperties }) {
  const [open, setOpen] = createSignal(false);
  const placeholder = createPlaceholder(() => props.file.placeholder);
  const name = () => shownName(props.file.filename);
  const poster = () => props.file.media?.poster && ownPath(props.file.media.poster);
  const cover = () => (
    <>
      <Show
        when={poster()}
        fallback={<video src={ownPath(props.file.url)} preload="metadata" muted tabindex="-1" aria-hidden="true" />}
      >
        {(url) => <img src={url()} alt="" loading="lazy" decoding="async" />}
      </Show>
      <span class="video-play">
        <Play size={28} aria-hidden="true" />
      </span>
    </>
  );
  return (
    <div
      class="picture-place video-place"
      style={{ ...props.style, 'background-image': placeholder() ? `url(${placeholder()})` : undefined }}
    >
      <Show
        when={!isProcessing(props.file)}
        fallback={<Processing name={name()} progress={props.file.media?.progress ?? 0} />}
      >
        <Show
          when={open()}
          fallback={
            <button
              type="button"
              class="video-poster"
              aria-label={t('player.playName', { name: props.file.description || name() })}
              onClick={() => setOpen(true)}
            >
              {cover()}
              <Show when={props.file.duration_secs}>
                {(length) => <span class="video-length">{clock(length())}</span>}
              </Show>
            </button>
          }
        >
          <Suspense fallback={<div class="video-poster">{cover()}</div>}>
            <VideoPlayer file={props.file} />
          </Suspense>
        </Show>
      </Show>
      <Show when={isSpoiler(props.file)}>
        <Spoiler />
      </Show>
    </div>
  );
}
