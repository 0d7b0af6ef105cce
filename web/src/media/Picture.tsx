import { createSignal, type JSX, Show } from 'solid-js';
import type { Attachment } from '~/api/wire';
import { t } from '~/text';
import { ImageOff } from '~/ui/icons';
import { rendition, sources } from './address';
import { createFresh } from './fresh';
import { isSpoiler, moves, shownName } from './kind';
import { prefersStill } from './motion';
import { createPlaceholder } from './placeholder';
import { Spoiler } from './Spoiler';
import './media.css';

interface PictureProps {
  file: Attachment;
  /** The place that it takes, before it has loaded as well. */
  style: JSX.CSSProperties;
  /** CSS pixels that it is wide at most. */
  width: number;
  onOpen: () => void;
}

/** A picture in its place: its likeness at once, then itself in the size that this screen needs. */
export function Picture(props: PictureProps) {
  const fresh = createFresh(() => props.file.url);
  const placeholder = createPlaceholder(() => props.file.placeholder);
  const [arrived, setArrived] = createSignal(false);
  const [chosen, setChosen] = createSignal<boolean | null>(null);
  const name = () => shownName(props.file.filename);
  const isMoving = () => chosen() ?? !prefersStill();
  // The first frame alone comes in formats that do not move.
  const format = () => (moves(props.file) && !isMoving() ? 'avif' : undefined);
  const single = () => rendition(fresh.url(), { width: props.width * 2, ...(format() && { format: 'avif' as const }) });
  return (
    <div class="picture-place" style={props.style}>
      <button
        type="button"
        class="picture"
        classList={{ 'picture-waits': !arrived() && placeholder() !== null }}
        style={{ 'background-image': !arrived() && placeholder() ? `url(${placeholder()})` : undefined }}
        aria-label={t('picture.open', { name: props.file.description || name() })}
        onClick={() => props.onOpen()}
      >
        <Show
          when={!fresh.broken() && `turn ${fresh.turn()}`}
          keyed
          fallback={
            <span class="picture-broken">
              <ImageOff size={24} aria-hidden="true" />
              {t('picture.gone')}
            </span>
          }
        >
          <img
            sizes={`min(${props.width}px, 100vw)`}
            srcset={sources(fresh.url(), props.file.width ?? props.width, format())}
            src={single()}
            alt={props.file.description ?? ''}
            loading="lazy"
            decoding="async"
            onLoad={() => setArrived(true)}
            onError={() => fresh.failed()}
          />
        </Show>
      </button>
      <Show when={moves(props.file)}>
        <button
          type="button"
          class="picture-motion"
          aria-pressed={isMoving()}
          aria-label={t('picture.motion', { name: name() })}
          onClick={() => setChosen(!isMoving())}
        >
          GIF
        </button>
      </Show>
      <Show when={isSpoiler(props.file)}>
        <Spoiler />
      </Show>
    </div>
  );
}
