import { createEffect, createMemo, onCleanup, Show } from 'solid-js';
import { displayName } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Avatar, hue } from '~/ui/Avatar';
import { IconButton } from '~/ui/Button';
import { Ellipsis, ScreenShare, TriangleAlert } from '~/ui/icons';
import { openCard } from './card';
import { prefs } from './prefs';
import { call, type Feed, isSpeaking } from './store';
import type { Tile } from './tiles';
import { marksOf, VoiceMarks } from './VoicePeople';

interface CallTileProps {
  tile: Tile;
  guildId: string;
  focused?: boolean;
  onFocus: () => void;
}

/** One person, or the screen they share. Pressing it shows it large. */
export function CallTile(props: CallTileProps) {
  const userId = () => props.tile.userId;
  const own = () => userId() === store.me?.id;
  const screen = () => props.tile.kind === 'screen';
  const media = () => call.people[userId()];
  const voice = () => store.voices[props.guildId]?.[userId()];
  const known = () => store.users[userId()];
  const person = () => (known() ? displayName(known(), props.guildId) : media()?.name || '…');
  const name = () => (screen() ? t('voice.screenOf', { name: person() }) : person());
  const feed = () => (screen() ? media()?.screen : media()?.camera) ?? null;
  const speaking = () => !screen() && isSpeaking(userId());
  const spoken = () => [name(), ...(voice() && !screen() ? marksOf(voice() ?? never()) : [])].join(', ');
  let tile!: HTMLDivElement;
  const openOptions = (anchor: HTMLElement) => voice() && openCard(userId(), props.guildId, anchor);
  return (
    <div
      ref={tile}
      data-tile={props.tile.key}
      class={feed() ? 'tile' : `tile hue-${hue(userId())}`}
      classList={{ 'tile-speaking': speaking(), 'tile-screen': screen(), 'tile-filmed': feed() !== null }}
      onContextMenu={(event) => {
        event.preventDefault();
        openOptions(tile);
      }}
    >
      <button
        type="button"
        class="tile-press"
        aria-label={`${spoken()}: ${t('voice.focus', { name: name() })}`}
        aria-pressed={props.focused ?? false}
        onClick={props.onFocus}
      />
      <Show when={feed()} fallback={<Avatar user={known()} size={props.focused ? 128 : 72} />}>
        {(shown) => (
          <Show when={!(screen() && shown().local)} fallback={<OwnScreen />}>
            <Picture
              feed={shown()}
              whole={screen() || props.focused === true}
              mirrored={shown().local && prefs.mirror}
            />
            <Show when={shown().paused}>
              <p class="tile-paused">{t('voice.paused')}</p>
            </Show>
          </Show>
        )}
      </Show>
      <div class="tile-foot">
        <span class="tile-name">
          <Show when={screen()}>
            <ScreenShare size={14} aria-hidden="true" />
          </Show>
          <span class="tile-name-text">{name()}</span>
          <Show when={own() && !screen()}>
            <span class="tile-you">({t('voice.you')})</span>
          </Show>
          <Show when={voice() && !screen() && voice()}>{(there) => <VoiceMarks voice={there()} size={14} bare />}</Show>
          <Show when={media()?.weak && !screen()}>
            <span class="tile-weak" role="img" aria-label={t('voice.weak')}>
              <TriangleAlert size={14} aria-hidden="true" />
            </span>
          </Show>
        </span>
        <Show when={voice() && !own()}>
          <IconButton
            class="tile-more"
            icon={Ellipsis}
            size={18}
            label={t('voice.more', { name: person() })}
            aria-haspopup="dialog"
            onClick={(event) => openOptions(event.currentTarget)}
          />
        </Show>
      </div>
    </div>
  );
}

const never = (): never => {
  throw new Error('a value that was just there');
};

/** A picture of one's own screen would hold a picture of itself. */
function OwnScreen() {
  return (
    <div class="tile-own-screen">
      <ScreenShare size={32} aria-hidden="true" />
      <p>{t('voice.ownScreenText')}</p>
    </div>
  );
}

/** `whole`: nothing is cut off, at the price of bars. */
function Picture(props: { feed: Feed; whole: boolean; mirrored: boolean }) {
  let video!: HTMLVideoElement;
  const track = createMemo(() => props.feed.track);
  createEffect(() => {
    const shown = track();
    shown.attach(video);
    onCleanup(() => shown.detach(video));
  });
  return (
    <video
      ref={video}
      class="tile-picture"
      classList={{ 'tile-whole': props.whole, 'tile-mirrored': props.mirrored }}
      autoplay
      playsinline
      muted
    />
  );
}
