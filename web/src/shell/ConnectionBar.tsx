import { createEffect, createSignal, onCleanup, Show } from 'solid-js';
import { gateway } from '~/state/session';
import { store } from '~/state/store';
import { t } from '~/text';

/** A drop shorter than this is not worth a word. */
const QUIET_MS = 1_200;

/** One quiet line while the connection is lost: what is the matter and what is being done. */
export function ConnectionBar() {
  const [late, setLate] = createSignal(false);
  const down = () => store.connection.name !== 'ready' && store.connection.name !== 'idle';
  createEffect(() => {
    if (!down()) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    onCleanup(() => clearTimeout(timer));
  });
  const sentence = () => {
    switch (store.connection.name) {
      case 'offline':
        return t('connection.offline');
      case 'refused':
        return t('connection.refused');
      default:
        return store.ready ? t('connection.lost') : t('connection.first');
    }
  };
  return (
    <div role="status" class="connection-live">
      <Show when={late() && down()}>
        <div class="connection-bar">
          <span>{sentence()}</span>
          <Show when={store.connection.name === 'waiting' || store.connection.name === 'offline'}>
            <button type="button" onClick={() => gateway.retryNow()}>
              {t('connection.retry')}
            </button>
          </Show>
          <Show when={store.connection.name === 'refused'}>
            <button type="button" onClick={() => location.reload()}>
              {t('update.reload')}
            </button>
          </Show>
        </div>
      </Show>
    </div>
  );
}
