import { createSignal, Show } from 'solid-js';
import { auth } from '~/api/calls';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Field, FormProblem } from '~/ui/Field';
import { Card } from './Card';
import { createSubmission } from './form';

/** The operator's link for someone who lost their password. */
export function Reset(props: { token: string }) {
  const form = createSubmission();
  const [password, setPassword] = createSignal('');
  const [done, setDone] = createSignal(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setDone(await form.submit(() => auth.reset(props.token, password())));
  };
  return (
    <Card title={t('reset.title')}>
      <Show
        when={!done()}
        fallback={
          <p role="status">
            {t('reset.done')} <a href="/login">{t('login.submit')}</a>
          </p>
        }
      >
        <form class="form" onSubmit={(event) => void submit(event)}>
          <Field
            label={t('reset.password')}
            type="password"
            value={password()}
            onInput={setPassword}
            hint={t('register.passwordHint')}
            problem={form.field('password')}
            autocomplete="new-password"
            required
            autofocus
          />
          <FormProblem text={form.problem() ?? form.field('token')} />
          <Button type="submit" kind="primary" busy={form.busy()}>
            {t('reset.submit')}
          </Button>
        </form>
      </Show>
    </Card>
  );
}
