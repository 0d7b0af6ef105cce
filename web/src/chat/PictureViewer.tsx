import { Dialog } from '@kobalte/core/dialog';
import { createEffect, createSignal, on, onCleanup, onMount, Show } from 'solid-js';
import { rendition, sources } from '~/media/address';
import { createFresh } from '~/media/fresh';
import { createPlaceholder } from '~/media/placeholder';
import type { Picture } from '~/shell/layer';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { ChevronRight, Download, ExternalLink, X } from '~/ui/icons';
import { PictureCaption } from './PictureCaption';
import './viewer.css';

/** Pixels across that are asked for at most: the server keeps nothing larger of a picture. */
const WIDTH_MAX = 2048;

/** One picture as large as the window; arrows lead to the others of its message, a click enlarges. */
export function PictureViewer(props: { pictures: Picture[]; index: number; onClose: () => void }) {
  const [index, setIndex] = createSignal(props.index);
  const [large, setLarge] = createSignal(false);
  const picture = () => props.pictures[index()];
  const fresh = createFresh(() => picture()?.url ?? '');
  const placeholder = createPlaceholder(() => picture()?.placeholder);
  const [arrived, setArrived] = createSignal(false);
  createEffect(on(index, () => setArrived(false), { defer: true }));
  const across = () => picture()?.width ?? WIDTH_MAX;
  /** Its own size, or what the window has room for: renditions are a little larger or smaller than they are shown. */
  const place = () => {
    const { width, height } = picture() ?? {};
    if (!width || !height) return undefined;
    return large() ? `${width}px` : `min(${width}px, 100vw - 32px, (100dvh - var(--viewer-bars)) * ${width / height})`;
  };
  /** What was said of a picture since this opened. */
  const [saidSince, setSaidSince] = createSignal<Readonly<Record<string, string>>>({});
  const said = () => saidSince()[picture()?.url ?? ''] ?? picture()?.description ?? '';
  const [saying, setSaying] = createSignal(false);
  const many = () => props.pictures.length > 1;
  const step = (by: number) => {
    setLarge(false);
    setSaying(false);
    setIndex((index() + by + props.pictures.length) % props.pictures.length);
  };
  const onKey = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).matches('input')) return;
    if (event.key === 'ArrowRight' && many()) step(1);
    else if (event.key === 'ArrowLeft' && many()) step(-1);
    else if (event.key === '+' || event.key === '-') setLarge(event.key === '+');
  };
  // Nothing else takes keys while it is open, and the first one may come before the focus does.
  onMount(() => {
    document.addEventListener('keydown', onKey);
    onCleanup(() => document.removeEventListener('keydown', onKey));
  });
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()} modal>
      <Dialog.Portal>
        <Dialog.Overlay class="viewer-scrim" />
        <Dialog.Content
          class="viewer no-swipe"
          classList={{ 'viewer-captioned': said() !== '' || picture()?.describe !== undefined }}
          onClick={(event: MouseEvent) => event.target === event.currentTarget && props.onClose()}
          onEscapeKeyDown={(event: KeyboardEvent) => {
            if (!saying()) return;
            event.preventDefault();
            setSaying(false);
          }}
        >
          <header class="viewer-bar">
            <Dialog.Title as="h2">{picture()?.name || t('picture.title')}</Dialog.Title>
            <Show when={many()}>
              <span>{t('picture.count', { index: index() + 1, count: props.pictures.length })}</span>
            </Show>
            <a
              class="icon-button"
              href={fresh.url()}
              target="_blank"
              rel="noreferrer"
              aria-label={t('picture.original')}
            >
              <ExternalLink size={20} aria-hidden="true" />
            </a>
            <a
              class="icon-button"
              href={fresh.url()}
              download={picture()?.name}
              aria-label={t('picture.download', { name: picture()?.name ?? '' })}
            >
              <Download size={20} aria-hidden="true" />
            </a>
            <IconButton icon={X} label={t('action.close')} onClick={props.onClose} />
          </header>
          <div
            class="viewer-place"
            classList={{ 'viewer-large': large() }}
            onClick={(event) => event.target === event.currentTarget && props.onClose()}
          >
            <button
              type="button"
              class="viewer-zoom"
              aria-label={large() ? t('picture.smaller') : t('picture.larger')}
              onClick={() => setLarge(!large())}
            >
              <img
                sizes={large() ? `${across()}px` : `min(${across()}px, 100vw)`}
                srcset={sources(fresh.url(), across())}
                src={rendition(fresh.url(), { width: WIDTH_MAX })}
                alt={said() || picture()?.name}
                style={{
                  width: place(),
                  'background-image': !arrived() && placeholder() ? `url(${placeholder()})` : undefined,
                }}
                onLoad={() => setArrived(true)}
                onError={() => fresh.failed()}
                width={picture()?.width ?? undefined}
                height={picture()?.height ?? undefined}
              />
            </button>
          </div>
          <PictureCaption
            text={said()}
            editing={saying()}
            describe={picture()?.describe}
            onEditing={setSaying}
            onSaid={(text) => setSaidSince({ ...saidSince(), [picture()?.url ?? '']: text })}
          />
          <Show when={many()}>
            <IconButton
              class="viewer-step viewer-previous"
              icon={ChevronRight}
              size={28}
              label={t('picture.previous')}
              onClick={() => step(-1)}
            />
            <IconButton
              class="viewer-step viewer-next"
              icon={ChevronRight}
              size={28}
              label={t('picture.next')}
              onClick={() => step(1)}
            />
          </Show>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog>
  );
}
