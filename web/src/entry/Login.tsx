import { A, Navigate, useNavigate, useSearchParams } from '@solidjs/router';
import { createSignal, Show } from 'solid-js';
import { auth } from '~/api/calls';
import { signedIn } from '~/state/session';
import { store } from '~/state/store';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Field, FormProblem } from '~/ui/Field';
import { Card } from './Card';
import { createSubmission } from './form';

/** Only a path of our own may be returned to. */
export const safePath = (to: unknown): string =>
  typeof to === 'string' && to.startsWith('/') && !to.startsWith('//') && !to.startsWith('/\\') ? to : '/';

export function Login() {
  const navigate = useNavigate();
  const [query] = useSearchParams();
  // Read once: while we leave, the address has no `to` any more.
  const to = safePath(query.to);
  const carried = query.to ? `?to=${encodeURIComponent(to)}` : '';
  const [login, setLogin] = createSignal('');
  const [password, setPassword] = createSignal('');
  const form = createSubmission();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void form
      .submit(async () => signedIn((await auth.login(login().trim(), password())).user))
      .then((done) => done && navigate(to, { replace: true }));
  };
  return (
    <Show when={store.phase !== 'signed-in' || form.busy()} fallback={<Navigate href={to} />}>
      <Card title={t('login.title')} lead={store.instance ? t('login.lead', { name: store.instance.name }) : undefined}>
        <form class="form" onSubmit={submit}>
          <Field
            label={t('login.login')}
            name="login"
            value={login()}
            onInput={setLogin}
            autocomplete="username"
            autofocus
            required
            problem={form.field('login')}
          />
          <Field
            label={t('login.password')}
            name="password"
            type="password"
            value={password()}
            onInput={setPassword}
            autocomplete="current-password"
            required
            problem={form.field('password')}
          />
          <FormProblem text={form.problem()} />
          <Button type="submit" kind="primary" busy={form.busy()}>
            {t('login.submit')}
          </Button>
        </form>
        <Show when={store.instance?.registration !== 'closed'}>
          <p class="entry-other">
            {t('login.new')} <A href={`/register${carried}`}>{t('login.register')}</A>
          </p>
        </Show>
      </Card>
    </Show>
  );
}
