import { Show } from 'solid-js';
import { fileSize } from '~/api/assets';
import { cancelSend, pauseSend, retrySend } from '~/state/send';
import type { MessageEntry } from '~/state/store';
import { toast } from '~/state/toast';
import { locale, t } from '~/text';
import { TriangleAlert } from '~/ui/icons';
import type { State } from '~/upload/machine';
import type { Chat } from './chat';
import { TimeLeft } from './TimeLeft';

/** Below a message that is not there yet: how far it is, or why it failed and what can be done. */
export function SendState(props: { entry: MessageEntry; send: State; chat: Chat }) {
  const failed = () => (props.send.name === 'failed' ? props.send : null);
  const withFiles = () => (props.entry.files?.length ?? 0) > 0;
  const progress = () => (props.send.name === 'gathering' && props.send.total > 0 ? props.send : null);
  const copy = async () => {
    await navigator.clipboard.writeText(props.entry.content);
    toast.info(t('action.copied'));
  };
  return (
    <>
      <Show when={failed()}>
        {(failure) => (
          <div class="send-failed" role="alert">
            <p>
              <TriangleAlert size={15} aria-hidden="true" />
              {t('send.failed')} {failure().sentence}
            </p>
            <div class="send-choices">
              <button type="button" onClick={() => retrySend(props.entry.key)}>
                {t('action.retry')}
              </button>
              <Show when={props.entry.content}>
                <button type="button" onClick={() => void copy()}>
                  {t('action.copyText')}
                </button>
              </Show>
              <button type="button" onClick={() => cancelSend(props.entry.key)}>
                {t('action.discard')}
              </button>
            </div>
          </div>
        )}
      </Show>
      <Show when={withFiles() && !failed()}>
        <div class="send-progress">
          <Show when={progress()} fallback={<progress aria-label={t('upload.progress')} />}>
            {(now) => <progress max={now().total} value={now().loaded} aria-label={t('upload.progress')} />}
          </Show>
          <span>
            <Show when={progress()} fallback={props.send.name === 'waiting' ? t('send.waiting') : t('send.sending')}>
              {(now) => (
                <>
                  {t('upload.of', { loaded: fileSize(now().loaded, locale()), total: fileSize(now().total, locale()) })}
                  <Show when={now().paused} fallback={<TimeLeft seconds={now().secondsLeft} />}>
                    {' · '}
                    {t('upload.paused')}
                  </Show>
                </>
              )}
            </Show>
          </span>
          <Show when={progress()}>
            {(now) => (
              <button type="button" onClick={() => pauseSend(props.entry.key, !now().paused)}>
                {now().paused ? t('upload.goOn') : t('upload.pause')}
              </button>
            )}
          </Show>
          <button type="button" onClick={() => cancelSend(props.entry.key)}>
            {t('action.cancel')}
          </button>
        </div>
      </Show>
      <Show when={!withFiles() && props.send.name === 'waiting'}>
        <div class="message-note send-waiting">
          <p role="status">{t('send.waiting')}</p>
          <div class="send-choices">
            <button type="button" onClick={() => retrySend(props.entry.key)}>
              {t('action.retry')}
            </button>
            <button type="button" onClick={() => cancelSend(props.entry.key)}>
              {t('action.discard')}
            </button>
          </div>
        </div>
      </Show>
    </>
  );
}
