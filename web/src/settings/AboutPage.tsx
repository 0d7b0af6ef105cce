import { Show } from 'solid-js';
import { fileSize } from '~/api/assets';
import { store } from '~/state/store';
import { locale, t } from '~/text';

/** Which installation this is and what it allows. */
export function AboutPage() {
  return (
    <div class="settings-page">
      <Show when={store.instance} fallback={<p>{t('about.unknown')}</p>}>
        {(told) => (
          <>
            <div class="about-head">
              <img src="/icon.svg" alt="" width="56" height="56" />
              <div>
                <h3>{told().name}</h3>
                <p class="field-hint">{t('about.version', { version: told().version })}</p>
              </div>
            </div>
            <dl class="facts">
              <dt>{t('about.registration')}</dt>
              <dd>{t(`about.registration.${told().registration}`)}</dd>
              <Show when={told().limits?.upload_bytes}>
                {(bytes) => (
                  <>
                    <dt>{t('about.upload')}</dt>
                    <dd>{fileSize(bytes(), locale())}</dd>
                  </>
                )}
              </Show>
              <Show when={told().limits?.message_length}>
                {(length) => (
                  <>
                    <dt>{t('about.message')}</dt>
                    <dd>{length().toLocaleString(locale())}</dd>
                  </>
                )}
              </Show>
              <dt>{t('about.address')}</dt>
              <dd>{location.origin}</dd>
            </dl>
          </>
        )}
      </Show>
    </div>
  );
}
