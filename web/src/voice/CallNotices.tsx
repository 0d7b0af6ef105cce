import { Show } from 'solid-js';
import { isPhone } from '~/shell/layout';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { MicOff } from '~/ui/icons';
import { retryMicrophone, startSound } from './door';
import { call } from './store';
import { micSentence, stateWord } from './words';

/** What the person should know of the call: it is being mended, nobody hears them, the browser is silent. */
export function CallNotices() {
  const steady = () => call.state.name === 'connected';
  return (
    <div class="call-notices" role="status">
      <Show when={!steady()}>
        <p class="call-notice call-notice-warn">
          <span class="call-beat" aria-hidden="true" />
          {call.since === null ? stateWord() : t('voice.restoringText')}
        </p>
      </Show>
      <Show when={isPhone() && micSentence()}>
        {(text) => (
          <div class="call-notice">
            <MicOff size={16} aria-hidden="true" />
            <p>{text()}</p>
            <Show when={call.microphoneProblem}>
              <Button onClick={retryMicrophone}>{t('voice.retry')}</Button>
            </Show>
          </div>
        )}
      </Show>
      <Show when={isPhone() && call.silent}>
        <div class="call-notice">
          <p>{t('voice.silent')}</p>
          <Button onClick={startSound}>{t('voice.startSound')}</Button>
        </div>
      </Show>
    </div>
  );
}
