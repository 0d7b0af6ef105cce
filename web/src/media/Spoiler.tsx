import { createSignal, Show } from 'solid-js';
import { t } from '~/text';

/** Covers what it lies on until it is pressed. */
export function Spoiler() {
  const [shown, setShown] = createSignal(false);
  return (
    <Show when={!shown()}>
      <button type="button" class="spoiler-cover" aria-label={t('markdown.spoiler')} onClick={() => setShown(true)}>
        <span>{t('media.spoiler')}</span>
      </button>
    </Show>
  );
}
