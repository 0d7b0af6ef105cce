import { For, Show } from 'solid-js';
import { t } from '~/text';
import { Mic, MicOff } from '~/ui/icons';
import { holdToTalk } from './door';
import { isMuted } from './prefs';
import { pushKeys } from './keys';
import { call } from './store';

const isPress = (event: KeyboardEvent): boolean => event.key === ' ' || event.key === 'Enter';

/** Held to talk, where the microphone opens by a key: it tells the key, and does without one, as on phones. */
export function TalkButton() {
  const open = () => call.pushed && !isMuted();
  const text = () => {
    if (isMuted()) return t('voice.youAreMuted');
    return open() ? t('voice.onAir') : t('voice.hold');
  };
  return (
    <button
      type="button"
      class="talk-button no-swipe"
      classList={{ 'talk-open': open() }}
      aria-pressed={open()}
      disabled={isMuted()}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        holdToTalk(true);
      }}
      onLostPointerCapture={() => holdToTalk(false)}
      onKeyDown={(event) => isPress(event) && !event.repeat && holdToTalk(true)}
      onKeyUp={(event) => isPress(event) && holdToTalk(false)}
      onBlur={() => holdToTalk(false)}
      onContextMenu={(event) => event.preventDefault()}
    >
      <Show when={!isMuted()} fallback={<MicOff size={18} aria-hidden="true" />}>
        <Mic size={18} aria-hidden="true" />
      </Show>
      <span class="talk-text">{text()}</span>
      <Show when={!isMuted() && pushKeys().length > 0}>
        <span class="talk-keys">
          <For each={pushKeys()}>{(key) => <kbd>{key}</kbd>}</For>
        </span>
      </Show>
    </button>
  );
}
