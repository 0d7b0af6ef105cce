import { useLocation, useNavigate } from '@solidjs/router';
import { createEffect, type JSX, lazy, onCleanup, onMount, Show, Suspense } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { onNotificationClick, waitingCount } from '~/state/notify';
import { store } from '~/state/store';
import { t, withRoomTexts } from '~/text';
import { profile } from '~/member/profile';
import { card } from '~/voice/card';
import { callChannel } from '~/voice/store';
import { beginLoadingAhead, createPart, loadAhead } from '~/ui/part';
import { ConnectionBar } from './ConnectionBar';
import { followKeys, place } from './keys';
import { Layers } from './Layers';
import { callFull, followSwipes, isPhone, pane, rememberPlace, setPane } from './layout';
import { Rail } from './Rail';
import './shell.css';

const ProfileCard = lazy(async () => ({ default: (await import('~/member/ProfileCard')).ProfileCard }));
loadAhead(() => import('~/member/ProfileCard'));
const VoiceCard = lazy(async () => ({ default: (await withRoomTexts(import('~/voice/VoiceCard'))).VoiceCard }));
const CallBar = lazy(async () => ({ default: (await withRoomTexts(import('~/voice/CallBar'))).CallBar }));
const tooltips = createPart(() => import('~/ui/Tooltips'));

/** The router takes links within the page for addresses, and none of these moves the focus. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('messages')?.focus();
}

/** The frame of the app once signed in: guild rail, then whatever the address leads to. */
export function Shell(props: { children?: JSX.Element }) {
  const navigate = useNavigate();
  const here = useLocation();
  createEffect(() => rememberPlace(here.pathname));
  let frame!: HTMLDivElement;
  onMount(() => {
    onCleanup(followKeys(navigate));
    onNotificationClick((channelId) => {
      const channel = store.channels[channelId];
      if (channel) navigate(channel.guild_id ? `/guilds/${channel.guild_id}/${channelId}` : `/direct/${channelId}`);
    });
    followSwipes(frame, (direction) => {
      if (!isPhone()) return;
      const order = ['nav', 'main', 'members'] as const;
      const next = order[order.indexOf(pane()) + (direction === 'left' ? 1 : -1)];
      const { guildId, channelId } = place();
      if (next && (next !== 'members' || (guildId && channelId))) setPane(next);
    });
  });
  createEffect(() => store.ready && beginLoadingAhead());
  createEffect(() => {
    const count = store.settings.notifications.title ? waitingCount() : 0;
    document.title = count > 0 ? `(${count}) ${store.instance?.name ?? 'Hubbub'}` : (store.instance?.name ?? 'Hubbub');
  });
  return (
    <div class="frame" data-pane={pane()} data-full={callFull() ? '' : undefined} ref={frame}>
      <a class="skip-link" href="#messages" on:click={skip}>
        {t('shell.skip')}
      </a>
      <ConnectionBar />
      <Show when={isPhone() && callChannel()}>
        <Suspense>
          <CallBar />
        </Suspense>
      </Show>
      <div class="frame-body">
        <Rail />
        <Suspense fallback={<div class="pane-main" />}>{props.children}</Suspense>
      </div>
      <Layers />
      <Show when={tooltips.loaded()}>{(part) => <Dynamic component={part().Tooltips} />}</Show>
      <Show when={card()} keyed>
        {(open) => (
          <Suspense>
            <VoiceCard {...open} />
          </Suspense>
        )}
      </Show>
      <Show when={profile()} keyed>
        {(open) => (
          <Suspense>
            <ProfileCard {...open} />
          </Suspense>
        )}
      </Show>
    </div>
  );
}
