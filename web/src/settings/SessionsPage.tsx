import { createResource, For, Show } from 'solid-js';
import { me as api } from '~/api/calls';
import type { LoginSession } from '~/api/wire';
import { confirm } from '~/shell/layer';
import { locale, t } from '~/text';
import { relativeTime, shortDay } from '~/text/time';
import { Button } from '~/ui/Button';
import { Monitor, Smartphone } from '~/ui/icons';
import { browserOf } from './browser';
import { LoadProblem } from './LoadProblem';

/** Where the person is signed in, each with a way to end it. */
export function SessionsPage() {
  const [sessions, { mutate, refetch }] = createResource(() => api.sessions());
  const ordered = () =>
    [...(sessions.latest ?? [])].sort((a, b) => Number(b.current ?? false) - Number(a.current ?? false));
  const end = (session: LoginSession) =>
    confirm(t('sessions.endTitle'), t('sessions.endText', { name: nameOf(session) }), t('sessions.end'), async () => {
      await api.endSession(session.id);
      mutate((list) => list?.filter((one) => one.id !== session.id));
    });
  return (
    <div class="settings-page">
      <p class="settings-lead">{t('sessions.lead')}</p>
      <Show when={!sessions.error} fallback={<LoadProblem error={sessions.error} onRetry={() => void refetch()} />}>
        <ul class="settings-list">
          <For each={ordered()}>
            {(session) => (
              <li class="settings-row">
                <span class="settings-row-icon" aria-hidden="true">
                  <Show when={browserOf(session.user_agent).phone} fallback={<Monitor size={20} />}>
                    <Smartphone size={20} />
                  </Show>
                </span>
                <div class="settings-row-text">
                  <p class="settings-row-title">{nameOf(session)}</p>
                  <p class="field-hint">
                    <Show when={!session.current} fallback={t('sessions.here')}>
                      {t('sessions.used', {
                        when: relativeTime(Date.parse(session.last_used_at ?? session.created_at), locale()),
                      })}
                    </Show>
                    {' · '}
                    {t('sessions.since', { when: shortDay(Date.parse(session.created_at), locale()) })}
                    <Show when={session.ip}>{(ip) => ` · ${ip()}`}</Show>
                  </p>
                </div>
                <Show when={!session.current}>
                  <Button onClick={() => end(session)} aria-label={t('sessions.endOf', { name: nameOf(session) })}>
                    {t('sessions.end')}
                  </Button>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </div>
  );
}

function nameOf(session: LoginSession): string {
  const { browser, system } = browserOf(session.user_agent);
  if (!browser) return t('sessions.unknown');
  return system ? t('sessions.on', { browser, system }) : browser;
}
