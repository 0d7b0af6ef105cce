import { Navigate, Route, Router } from '@solidjs/router';
import { createSignal, type JSX, lazy, Match, Show, Suspense, Switch } from 'solid-js';
// Fields are loaded with the pages that have them, but their rules stand before those with which such pages bend them.
import './ui/field.css';
import { Boot } from './entry/Boot';
import { store } from './state/store';
import { Shell } from './shell/Shell';
import { onFirstNotice } from './state/toast';
import { withRoomTexts } from './text';

const Toasts = lazy(async () => ({ default: (await import('./ui/Toasts')).Toasts }));
const Login = lazy(async () => ({ default: (await import('./entry/Login')).Login }));
const Register = lazy(async () => ({ default: (await import('./entry/Register')).Register }));
const Reset = lazy(async () => ({ default: (await import('./entry/Reset')).Reset }));
const Claim = lazy(async () => ({ default: (await import('./entry/Claim')).Claim }));
const InvitePage = lazy(async () => ({ default: (await import('./entry/InvitePage')).InvitePage }));
const GuildPane = lazy(async () => ({ default: (await import('./shell/GuildPane')).GuildPane }));
const DirectPane = lazy(async () => ({ default: (await import('./dm/DirectPane')).DirectPane }));
const Nowhere = lazy(async () => ({ default: (await import('./shell/Nowhere')).Nowhere }));
const SettingsPage = lazy(async () => ({
  default: (await withRoomTexts(import('./settings/SettingsPage'))).SettingsPage,
}));
const GuildSettingsPage = lazy(async () => ({
  default: (await withRoomTexts(import('./guild/GuildSettingsPage'))).GuildSettingsPage,
}));
const Console = lazy(async () => ({ default: (await import('./console/Console')).Console }));

/** Where a path leads once the person is signed in; before, the way is kept and the login page shown. */
function SignedIn(props: { children: JSX.Element }) {
  return (
    <Switch fallback={<Boot />}>
      <Match when={store.phase === 'signed-in'}>{props.children}</Match>
      <Match when={store.phase === 'signed-out'}>
        <Navigate href={({ location }) => `/login?to=${encodeURIComponent(location.pathname)}`} />
      </Match>
    </Switch>
  );
}

/** One-time links carry their secret behind the `#`, which browsers do not send to servers. */
function Root(props: { children?: JSX.Element }) {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const claim = fragment.get('claim');
  const reset = fragment.get('reset');
  const [noticed, setNoticed] = createSignal(false);
  onFirstNotice(() => setNoticed(true));
  return (
    <>
      <Show when={!claim && !reset} fallback={claim ? <Claim token={claim} /> : <Reset token={reset ?? ''} />}>
        <Suspense>{props.children}</Suspense>
      </Show>
      <Show when={noticed()}>
        <Suspense>
          <Toasts />
        </Suspense>
      </Show>
    </>
  );
}

function Inside(props: { children?: JSX.Element }) {
  return (
    <SignedIn>
      <Shell>{props.children}</Shell>
    </SignedIn>
  );
}

/** The operators' pages stand beside the community, in a frame of their own. */
function SignedInConsole() {
  return (
    <SignedIn>
      <Console />
    </SignedIn>
  );
}

/** The way in: the guild at the top of the rail, or direct messages for whoever is in none. */
function Home() {
  const first = () => store.guildOrder[0];
  return (
    <Show when={store.ready}>
      <Navigate href={first() ? `/guilds/${first()}` : '/direct'} />
    </Show>
  );
}

/** Every address of the client. */
export function App() {
  return (
    <Router root={Root}>
      <Route path="/login" component={Login} />
      <Route path="/register" component={Register} />
      <Route path="/invite/:code" component={InvitePage} />
      <Route path="/console" component={() => <Navigate href="/console/calls" />} />
      <Route path="/console/calls/:id?" component={SignedInConsole} />
      <Route path="/console/media" component={SignedInConsole} />
      <Route path="/console/media/review" component={SignedInConsole} />
      <Route path="/" component={Inside}>
        <Route path="/" component={Home} />
        <Route path="/direct/:channel?/:message?" component={DirectPane} />
        <Route path="/guilds/:guild/settings/:page?" component={GuildSettingsPage} />
        <Route path="/guilds/:guild/:channel?/:message?" component={GuildPane} />
        <Route path="/settings/:page?" component={SettingsPage} />
        <Route path="*" component={Nowhere} />
      </Route>
    </Router>
  );
}
