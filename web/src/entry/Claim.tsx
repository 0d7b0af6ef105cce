import { createSignal, onMount, Show } from 'solid-js';
import { auth } from '~/api/calls';
import { signedIn } from '~/state/session';
import { t } from '~/text';
import { Card } from './Card';
import { createSubmission } from './form';

/** The first administrator's one-time link: signs them in and leads to where they choose a name and password. */
export function Claim(props: { token: string }) {
  const form = createSubmission();
  const [done, setDone] = createSignal(false);
  onMount(async () => {
    const worked = await form.submit(async () => signedIn((await auth.claim(props.token)).user));
    setDone(true);
    if (worked) location.replace('/');
  });
  return (
    <Card title={t('claim.title')}>
      <Show when={done() && form.problem()} fallback={<p role="status">{t('claim.working')}</p>}>
        <p role="alert">{form.problem()}</p>
        <p class="entry-other">
          {t('claim.used')} <a href="/login">{t('login.submit')}</a>
        </p>
      </Show>
    </Card>
  );
}
