import { type JSX, lazy, Show, Suspense } from 'solid-js';
import { t, withRoomTexts } from '~/text';
import { IconButton } from '~/ui/Button';
import { ArrowLeft } from '~/ui/icons';
import { call } from '~/voice/store';
import { isPhone, setPane } from './layout';
import { UserPanel } from './UserPanel';

const VoicePanel = lazy(async () => ({
  default: (await withRoomTexts(import('~/voice/VoicePanel'))).VoicePanel,
}));

/** Side bar and main area of one route. */
export function Panes(props: { sideLabel: string; head: JSX.Element; side: JSX.Element; children: JSX.Element }) {
  return (
    <>
      <aside class="pane-side" aria-label={props.sideLabel}>
        <header class="side-head">{props.head}</header>
        <div class="side-scroll">{props.side}</div>
        <Show when={call.state.name !== 'idle'}>
          <Suspense>
            <VoicePanel />
          </Suspense>
        </Show>
        <UserPanel />
      </aside>
      {props.children}
    </>
  );
}

/** A main pane that says what is the case and what to do about it. */
export function EmptyPane(props: { icon?: JSX.Element; title: string; text?: string; children?: JSX.Element }) {
  return (
    <main class="pane-main empty-pane" id="messages" tabindex="-1">
      <Show when={isPhone()}>
        <IconButton class="empty-back" icon={ArrowLeft} label={t('shell.back')} onClick={() => setPane('nav')} />
      </Show>
      <div class="empty">
        <Show when={props.icon}>
          <span class="empty-icon" aria-hidden="true">
            {props.icon}
          </span>
        </Show>
        <h2>{props.title}</h2>
        <Show when={props.text}>
          <p>{props.text}</p>
        </Show>
        <div class="empty-actions">{props.children}</div>
      </div>
    </main>
  );
}
