import { A, Navigate, useNavigate, useSearchParams } from '@solidjs/router';
import { createSignal, Show } from 'solid-js';
import { auth, invites } from '~/api/calls';
import { signedIn } from '~/state/session';
import { store } from '~/state/store';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Field, FormProblem } from '~/ui/Field';
import { Card } from './Card';
import { createSubmission } from './form';
import { inviteGoal } from './InvitePage';
import { safePath } from './Login';

const INVITE_PATH = /^\/invite\/([^/]+)/;

export function Register() {
  const navigate = useNavigate();
  const [query] = useSearchParams();
  // Read once: while we leave, the address has no `to` any more.
  const to = safePath(query.to);
  const carried = query.to ? `?to=${encodeURIComponent(to)}` : '';
  const invite = () => INVITE_PATH.exec(to)?.[1];
  const [name, setName] = createSignal('');
  const [display, setDisplay] = createSignal('');
  const [password, setPassword] = createSignal('');
  const form = createSubmission();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const code = invite();
    let goal = to;
    void form
      .submit(async () => {
        const answer = await auth.register({
          username: name().trim(),
          password: password(),
          ...(display().trim() ? { display_name: display().trim() } : {}),
          ...(code ? { invite: code } : {}),
        });
        signedIn(answer.user);
        // The server let the person in with the account, so what is left is to show them where.
        if (code) goal = await invites.get(code).then(inviteGoal, () => to);
      })
      .then((done) => done && navigate(goal, { replace: true }));
  };
  const closed = () =>
    store.instance?.registration === 'closed' || (store.instance?.registration === 'invite' && !invite());
  return (
    <Show when={store.phase !== 'signed-in' || form.busy()} fallback={<Navigate href={to} />}>
      <Card title={t('register.title')}>
        <Show when={!closed()} fallback={<p class="entry-lead">{t('register.closed')}</p>}>
          <form class="form" onSubmit={submit}>
            <Field
              label={t('register.username')}
              name="username"
              value={name()}
              onInput={setName}
              hint={t('register.usernameHint')}
              problem={form.field('username')}
              autocomplete="username"
              maxLength={32}
              required
              autofocus
            />
            <Field
              label={t('register.display')}
              name="display_name"
              value={display()}
              onInput={setDisplay}
              hint={t('register.displayHint')}
              problem={form.field('display_name', 'global_name')}
              autocomplete="nickname"
              maxLength={32}
            />
            <Field
              label={t('login.password')}
              name="password"
              type="password"
              value={password()}
              onInput={setPassword}
              hint={t('register.passwordHint')}
              problem={form.field('password')}
              autocomplete="new-password"
              required
            />
            <FormProblem text={form.problem() ?? form.field('invite')} />
            <Button type="submit" kind="primary" busy={form.busy()}>
              {t('register.submit')}
            </Button>
          </form>
        </Show>
        <p class="entry-other">
          {t('register.have')} <A href={`/login${carried}`}>{t('login.submit')}</A>
        </p>
      </Card>
    </Show>
  );
}
