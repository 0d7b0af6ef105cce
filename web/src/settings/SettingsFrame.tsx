import { useNavigate } from '@solidjs/router';
import { For, type JSX, onCleanup, onMount, Show, Suspense } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { layer } from '~/shell/layer';
import { isPhone, lastPlace, setPane } from '~/shell/layout';
import { Panes } from '~/shell/Panes';
import { moveFocus } from '~/shell/roving';
import { t } from '~/text';
import { IconButton, type IconType } from '~/ui/Button';
import { ArrowLeft, X } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import './settings.css';

/** One page of settings in the list at the side. */
export interface SettingsEntry {
  id: string;
  label: string;
  icon: IconType;
}

interface SettingsFrameProps {
  title: string;
  /** The address that a page's id is put behind. */
  base: string;
  entries: readonly SettingsEntry[];
  /** Id of the page shown. */
  current: string;
  /** Whether the address names a page; on a phone it decides between list and page. */
  chosen: boolean;
  /** Below the list. */
  foot?: JSX.Element;
  children: JSX.Element;
}

/** Whether something lies over the page that takes Esc first. */
const isCovered = (): boolean =>
  layer() !== null ||
  document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]') !== null;

/** Settings of a person or a guild: the list of pages at the side, one page in the middle. Esc leaves. */
export function SettingsFrame(props: SettingsFrameProps) {
  const navigate = useNavigate();
  const leave = () => navigate(lastPlace());
  onMount(() => {
    if (isPhone() && !props.chosen) setPane('nav');
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || isCovered()) return;
      event.preventDefault();
      leave();
    };
    document.addEventListener('keydown', onKey);
    onCleanup(() => document.removeEventListener('keydown', onKey));
  });
  const open = (id: string) => {
    setPane('main');
    navigate(`${props.base}/${id}`, { replace: true });
  };
  const entry = () => props.entries.find((one) => one.id === props.current);
  return (
    <Panes
      sideLabel={props.title}
      head={
        <>
          <h1 class="settings-title">{props.title}</h1>
          <Show when={isPhone()}>
            <IconButton icon={X} label={t('settings.leave')} onClick={leave} />
          </Show>
        </>
      }
      side={
        <>
          <nav aria-label={props.title} onKeyDown={(event) => moveFocus(event, '.settings-link')}>
            <ul class="settings-links">
              <For each={props.entries}>
                {(one) => (
                  <li>
                    <button
                      type="button"
                      class="settings-link"
                      aria-current={one.id === props.current ? 'page' : undefined}
                      onClick={() => open(one.id)}
                    >
                      <Dynamic component={one.icon} size={18} aria-hidden="true" />
                      <span>{one.label}</span>
                    </button>
                  </li>
                )}
              </For>
            </ul>
          </nav>
          <Show when={props.foot}>
            <div class="settings-foot">{props.foot}</div>
          </Show>
        </>
      }
    >
      <main class="pane-main settings-main" id="messages" tabindex="-1" aria-labelledby="settings-heading">
        <header class="bar">
          <Show when={isPhone()}>
            <IconButton icon={ArrowLeft} label={t('shell.back')} onClick={() => setPane('nav')} />
          </Show>
          <div class="bar-place">
            <h2 class="bar-title" id="settings-heading">
              {entry()?.label}
            </h2>
          </div>
          <Show when={!isPhone()}>
            <div class="bar-actions">
              <IconButton icon={X} label={t('settings.leave')} onClick={leave} />
            </div>
          </Show>
        </header>
        <div class="settings-scroll">
          <Suspense fallback={<RowSkeleton count={6} />}>{props.children}</Suspense>
        </div>
      </main>
    </Panes>
  );
}
