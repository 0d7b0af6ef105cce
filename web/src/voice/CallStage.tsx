import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js';
import { openLayer } from '~/shell/layer';
import { canIn, displayName } from '~/state/select';
import { store } from '~/state/store';
import { voicesIn } from '~/state/voice';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { Hand, UserPlus } from '~/ui/icons';
import { CallControls } from './CallControls';
import { CallNotices } from './CallNotices';
import { openCard } from './card';
import { CallTile } from './CallTile';
import { mayTalk, modeIn } from './may';
import { MutedNote } from './MutedNote';
import { isStage } from './stage';
import { call } from './store';
import { TalkButton } from './TalkButton';
import { type Choice, choiceAfter, focusOf, gridOf, type Tile, tilesOf } from './tiles';

const GAP_PX = 8;
/** Tiles no narrower than this; more people than fit are scrolled to. */
const NARROWEST_PX = 132;

/** The call as one is in it: everyone alike or one large, and the controls below. */
export function CallStage(props: { guildId: string; channelId: string }) {
  const me = () => store.me?.id ?? '';
  const voices = () => voicesIn(props.channelId);
  const stage = () => isStage(props.channelId);
  const people = createMemo(() => {
    const known = voices().filter((voice) => !stage() || !voice.suppress);
    const ids = known.map((voice) => voice.user_id);
    // Whoever joined through another client has media, and no place in the guild's voice.
    const strangers = Object.keys(call.people).filter((id) => !voices().some((voice) => voice.user_id === id));
    return [...ids, ...strangers].map((userId) => ({ userId, screen: call.people[userId]?.screen != null }));
  });
  const tiles = createMemo(() => tilesOf(people()));
  const screens = createMemo(() =>
    tiles()
      .filter((tile) => tile.kind === 'screen' && tile.userId !== me())
      .map((tile) => tile.key),
  );
  const [choice, setChoice] = createSignal<Choice>(undefined);
  createEffect(on(screens, (now, before) => void setChoice((chosen) => choiceAfter(chosen, before ?? [], now))));
  const focus = createMemo(() => focusOf(choice(), tiles(), me()));
  const toggle = (key: string) => {
    setChoice(focus() === key ? null : key);
    // The tile is made anew in its other place, where whoever uses the keyboard goes on.
    if (document.activeElement === document.body)
      document.querySelector<HTMLElement>(`[data-tile="${key}"] button`)?.focus();
  };
  const alone = () => call.state.name === 'connected' && voices().length === 1 && people().length <= 1;
  const byKey = (key: string) => tiles().find((tile) => tile.key === key);
  return (
    <div class="call-stage">
      <CallNotices />
      <Show when={focus()} fallback={<Alike tiles={tiles()} guildId={props.guildId} onFocus={toggle} />} keyed>
        {(key) => (
          <div class="call-focus">
            <div class="call-large">
              <Show when={byKey(key)}>
                {(tile) => <CallTile tile={tile()} guildId={props.guildId} focused onFocus={() => toggle(key)} />}
              </Show>
            </div>
            <Show when={tiles().length > 1}>
              <ul class="call-strip" aria-label={t('voice.tiles')}>
                <For each={tiles().filter((tile) => tile.key !== key)}>
                  {(tile) => (
                    <li>
                      <CallTile tile={tile} guildId={props.guildId} onFocus={() => toggle(tile.key)} />
                    </li>
                  )}
                </For>
              </ul>
            </Show>
          </div>
        )}
      </Show>
      <Show when={alone() && canIn(props.channelId, 'CREATE_INSTANT_INVITE')}>
        <div class="call-alone">
          <p>{t('voice.alone')}</p>
          <Button icon={UserPlus} onClick={() => openLayer({ name: 'invite', channelId: props.channelId })}>
            {t('guild.invite')}
          </Button>
        </div>
      </Show>
      <Show when={stage()}>
        <Audience guildId={props.guildId} channelId={props.channelId} />
      </Show>
      <MutedNote />
      <Show when={modeIn(props.channelId) === 'push' && mayTalk(props.channelId)}>
        <TalkButton />
      </Show>
      <CallControls channelId={props.channelId} />
    </div>
  );
}

function Alike(props: { tiles: readonly Tile[]; guildId: string; onFocus: (key: string) => void }) {
  let place!: HTMLUListElement;
  const [size, setSize] = createSignal({ width: 0, height: 0 });
  onMount(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(place);
    onCleanup(() => observer.disconnect());
  });
  const grid = createMemo(() => {
    const { width, height } = size();
    const fitting = gridOf(props.tiles.length, width, height, GAP_PX);
    if (fitting.width >= NARROWEST_PX || width === 0) return fitting;
    const columns = Math.max(1, Math.floor((width + GAP_PX) / (NARROWEST_PX + GAP_PX)));
    const across = Math.floor((width - GAP_PX * (columns - 1)) / columns);
    return { columns, width: across, height: Math.floor((across * 9) / 16) };
  });
  const keys = createMemo(() => props.tiles.map((tile) => tile.key));
  return (
    <ul class="call-grid" ref={place} aria-label={t('voice.tiles')}>
      <For each={keys()} fallback={<li class="call-none">{t('voice.noSpeakers')}</li>}>
        {(key) => (
          <li style={{ width: `${grid().width}px`, height: `${grid().height}px` }}>
            <Show when={props.tiles.find((tile) => tile.key === key)}>
              {(tile) => <CallTile tile={tile()} guildId={props.guildId} onFocus={() => props.onFocus(key)} />}
            </Show>
          </li>
        )}
      </For>
    </ul>
  );
}

/** Those who listen to a stage; who raised a hand stands first. */
function Audience(props: { guildId: string; channelId: string }) {
  const listeners = createMemo(() =>
    voicesIn(props.channelId)
      .filter((voice) => voice.suppress)
      .sort((a, b) => Number(!a.request_to_speak_timestamp) - Number(!b.request_to_speak_timestamp)),
  );
  const name = (userId: string) => displayName(store.users[userId], props.guildId);
  return (
    <Show when={listeners().length > 0}>
      <section class="call-audience" aria-label={t('voice.audience')}>
        <h2 class="side-title">
          {t('voice.audience')} {listeners().length}
        </h2>
        <ul>
          <For each={listeners()}>
            {(voice) => (
              <li>
                <button
                  type="button"
                  class="call-listener"
                  aria-haspopup="dialog"
                  aria-label={
                    voice.request_to_speak_timestamp
                      ? `${name(voice.user_id)}, ${t('voice.mark.hand')}`
                      : name(voice.user_id)
                  }
                  onClick={(event) => openCard(voice.user_id, props.guildId, event.currentTarget)}
                >
                  <Avatar user={store.users[voice.user_id]} size={32} />
                  <span>{name(voice.user_id)}</span>
                  <Show when={voice.request_to_speak_timestamp}>
                    <Hand size={16} class="call-hand" aria-hidden="true" />
                  </Show>
                </button>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}
