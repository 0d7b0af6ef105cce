import { createSignal, createUniqueId, For, onCleanup, Show } from 'solid-js';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { bindingOf, type Press, writes } from '~/voice/binding';
import { pushKeys } from '~/voice/keys';
import { prefs, savePrefs } from '~/voice/prefs';
import { mousePress } from '~/voice/push';

const MODIFIER = /^(Control|Alt|Shift|Meta)/;

/** The push-to-talk key: press the button, then the key. A modifier counts once it is let go alone. */
export function KeyField() {
  const id = createUniqueId();
  const [asking, setAsking] = createSignal(false);
  let listening: AbortController | null = null;
  const end = () => {
    listening?.abort();
    listening = null;
    setAsking(false);
  };
  const take = (press: Press) => {
    savePrefs({ pushKey: bindingOf(press) });
    end();
  };
  const ask = () => {
    if (asking()) return end();
    setAsking(true);
    listening = new AbortController();
    const options = { signal: listening.signal, capture: true };
    document.addEventListener(
      'keydown',
      (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'Escape') end();
        else if (!MODIFIER.test(event.code) && event.code !== '') take(event);
      },
      options,
    );
    document.addEventListener('keyup', (event) => MODIFIER.test(event.code) && take(event), options);
    document.addEventListener(
      'mousedown',
      (event) => {
        const press = mousePress(event);
        if (!press) return;
        event.preventDefault();
        take(press);
      },
      options,
    );
  };
  onCleanup(end);
  return (
    <div class="field">
      <span class="field-label" id={id}>
        {t('voiceSet.key')}
      </span>
      <div class="key-field">
        <Button aria-describedby={`${id}-hint`} aria-pressed={asking()} onClick={ask} onBlur={end}>
          <Show when={!asking()} fallback={t('voiceSet.keyAsk')}>
            <Show when={prefs.pushKey} fallback={t('voiceSet.keySet')}>
              <For each={pushKeys()}>{(key) => <kbd>{key}</kbd>}</For>
            </Show>
          </Show>
        </Button>
      </div>
      <p class="field-hint" id={`${id}-hint`}>
        {prefs.pushKey ? t('voiceSet.keyHint') : t('voiceSet.keyNone')}{' '}
        {prefs.pushKey && writes(prefs.pushKey) ? t('voiceSet.keyWrites') : ''}
      </p>
    </div>
  );
}
