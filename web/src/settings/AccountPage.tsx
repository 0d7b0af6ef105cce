import { createSignal, Show } from 'solid-js';
import { me as api } from '~/api/calls';
import { createSubmission } from '~/entry/form';
import { setStore, store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Field, FormProblem } from '~/ui/Field';

/** Name, address and password: what the person signs in with. */
export function AccountPage() {
  return (
    <div class="settings-page">
      <Show when={store.me?.has_password === false}>
        <p class="settings-note settings-note-warn">{t('account.noPassword')}</p>
      </Show>
      <Login />
      <Password />
    </div>
  );
}

const hasPassword = () => store.me?.has_password !== false;

function Login() {
  const [username, setUsername] = createSignal(store.me?.username ?? '');
  const [email, setEmail] = createSignal(store.me?.email ?? '');
  const [password, setPassword] = createSignal('');
  const form = createSubmission();
  const renamed = () => username().trim() !== store.me?.username;
  const moved = () => email().trim() !== (store.me?.email ?? '');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done = await form.submit(async () => {
      const user = await api.edit({
        ...(renamed() ? { username: username().trim() } : {}),
        ...(moved() ? { email: email().trim() || null } : {}),
        ...(hasPassword() ? { current_password: password() } : {}),
      });
      setStore('me', (before) => ({ ...before, ...user }));
    });
    if (!done) return;
    setPassword('');
    setUsername(store.me?.username ?? '');
    toast.info(t('account.saved'));
  };
  return (
    <form class="settings-section form" onSubmit={(event) => void submit(event)}>
      <h3>{t('account.login')}</h3>
      <Field
        label={t('register.username')}
        name="username"
        hint={t('register.usernameHint')}
        value={username()}
        onInput={setUsername}
        maxLength={32}
        autocomplete="username"
        required
        problem={form.field('username')}
      />
      <Field
        label={t('account.email')}
        name="email"
        type="email"
        hint={t('account.emailHint')}
        value={email()}
        onInput={setEmail}
        autocomplete="email"
        problem={form.field('email')}
      />
      <Show when={hasPassword() && (renamed() || moved())}>
        <Field
          label={t('account.current')}
          name="current_password"
          type="password"
          hint={t('account.currentHint')}
          value={password()}
          onInput={setPassword}
          autocomplete="current-password"
          required
          problem={form.field('current_password')}
        />
      </Show>
      <FormProblem text={form.problem()} />
      <div>
        <Button type="submit" kind="primary" busy={form.busy()} disabled={!renamed() && !moved()}>
          {t('save.save')}
        </Button>
      </div>
    </form>
  );
}

function Password() {
  const [current, setCurrent] = createSignal('');
  const [next, setNext] = createSignal('');
  const form = createSubmission();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done = await form.submit(async () => {
      const user = await api.edit({
        password: next(),
        ...(hasPassword() ? { current_password: current() } : {}),
      });
      setStore('me', (before) => ({ ...before, ...user, has_password: true }));
    });
    if (!done) return;
    setCurrent('');
    setNext('');
    toast.info(t('account.passwordSaved'));
  };
  return (
    <form class="settings-section form" onSubmit={(event) => void submit(event)}>
      <h3>{hasPassword() ? t('account.passwordChange') : t('account.passwordSet')}</h3>
      <Show when={hasPassword()}>
        <Field
          label={t('account.current')}
          name="current_password"
          type="password"
          value={current()}
          onInput={setCurrent}
          autocomplete="current-password"
          required
          problem={form.field('current_password')}
        />
      </Show>
      <Field
        label={t('account.next')}
        name="new_password"
        type="password"
        hint={t('register.passwordHint')}
        value={next()}
        onInput={setNext}
        autocomplete="new-password"
        required
        problem={form.field('password')}
      />
      <p class="field-hint">{t('account.passwordEnds')}</p>
      <FormProblem text={form.problem()} />
      <div>
        <Button type="submit" kind="primary" busy={form.busy()} disabled={next() === ''}>
          {hasPassword() ? t('account.passwordChange') : t('account.passwordSet')}
        </Button>
      </div>
    </form>
  );
}
