import { Show } from 'solid-js';
import { store } from '~/state/store';
import { t } from '~/text';
import './entry.css';

/** What shows until we know who is here: the frame of the app in grey, and a sentence if it takes long. */
export function Boot() {
  return (
    <div class="boot" aria-busy="true">
      <div class="boot-rail" />
      <div class="boot-side" />
      <main class="boot-main">
        <Show when={store.connection.name === 'waiting'} fallback={<p class="visually-hidden">{t('boot.loading')}</p>}>
          <p role="status">{t('boot.unreachable')}</p>
        </Show>
      </main>
    </div>
  );
}
