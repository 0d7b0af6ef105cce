import { A, useLocation, useParams } from '@solidjs/router';
import { createEffect, onMount, Show } from 'solid-js';
import { store } from '~/state/store';
import { lastPlace } from '~/shell/layout';
import { ArrowLeft, TriangleAlert } from '~/ui/icons';
import { CallList } from './CallList';
import { CallView } from './CallView';
import { MediaView } from './MediaView';
import { ReviewView } from './ReviewView';
import { c } from './text';
import './console.css';

/** What operators see: a page of its own beside the community, with its calls, its files, and those that are kept back. */
export function Console() {
  const params = useParams<{ id?: string }>();
  const location = useLocation();
  const inMedia = () => location.pathname.startsWith('/console/media');
  const inReview = () => location.pathname.startsWith('/console/media/review');
  const page = () => (inReview() ? 'review' : inMedia() ? 'media' : 'calls');
  const home = () => store.instance?.name ?? 'Hubbub';
  createEffect(() => (document.title = `${c(page())} – ${home()}`));
  let main!: HTMLElement;
  onMount(() => main.focus());
  return (
    <div class="console">
      <header class="console-bar">
        <A class="console-back" href={lastPlace()}>
          <ArrowLeft size={18} aria-hidden="true" />
          <span>{c('back', { name: home() })}</span>
        </A>
        <p class="console-name">{c('title')}</p>
        <nav class="console-sections" aria-label={c('sections')}>
          <A class="console-section" href="/console/calls">
            {c('calls')}
          </A>
          <A class="console-section" href="/console/media" end>
            {c('media')}
          </A>
          <A class="console-section" href="/console/media/review">
            {c('review')}
          </A>
        </nav>
      </header>
      <main class="console-main" tabindex="-1" ref={main}>
        <Show
          when={store.me?.is_administrator !== false}
          fallback={
            <div class="console-empty">
              <TriangleAlert size={28} aria-hidden="true" />
              <p>{c('notAdministrator')}</p>
            </div>
          }
        >
          <Show when={!inMedia()} fallback={inReview() ? <ReviewView /> : <MediaView />}>
            <Show when={params.id} keyed fallback={<CallList />}>
              {(id) => <CallView id={id} />}
            </Show>
          </Show>
        </Show>
      </main>
    </div>
  );
}
