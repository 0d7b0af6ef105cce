import { createSignal, For, onCleanup, onMount, Show } from 'solid-js';
import { ownPath } from '~/api/assets';
import type { Attachment } from '~/api/wire';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { Maximize, Minimize, Pause, PictureInPicture, Play, Volume, VolumeX } from '~/ui/icons';
import { createFresh } from './fresh';
import { shownName } from './kind';
import { playsNoMore, playsNow } from './playing';
import { createQuality } from './quality';
import { SeekBar } from './SeekBar';
import { clock } from './time';
import './player.css';

/** Controls leave the picture alone after so long without a movement. */
const IDLE_MS = 2500;
const STEP_S = 5;
const LOUDER = 0.1;

/** A video that plays: as one file, or as a stream in several qualities once the server has made one. */
export function VideoPlayer(props: { file: Attachment }) {
  let place!: HTMLDivElement;
  let video!: HTMLVideoElement;
  const fresh = createFresh(() => props.file.url);
  const [playing, setPlaying] = createSignal(false);
  const [waiting, setWaiting] = createSignal(true);
  const [at, setAt] = createSignal(0);
  const [measured, setMeasured] = createSignal(0);
  const [buffered, setBuffered] = createSignal(0);
  const [muted, setMuted] = createSignal(false);
  const [volume, setVolume] = createSignal(1);
  const [full, setFull] = createSignal(false);
  const [idle, setIdle] = createSignal(false);
  const length = () => measured() || props.file.duration_secs || 0;
  const name = () => shownName(props.file.filename);
  const start = () => void video.play().catch(() => setWaiting(false));
  const quality = createQuality(() => video, { file: () => props.file, url: fresh.url, start });

  let resting: ReturnType<typeof setTimeout> | undefined;
  const stir = () => {
    setIdle(false);
    clearTimeout(resting);
    resting = setTimeout(() => setIdle(playing()), IDLE_MS);
  };
  const toggle = () => (video.paused ? start() : video.pause());
  const seek = (to: number) => {
    video.currentTime = Math.min(Math.max(0, to), length());
    setAt(video.currentTime);
  };
  const toggleFull = () => void (full() ? document.exitFullscreen() : place.requestFullscreen().catch(() => undefined));
  const keys: Record<string, () => void> = {
    ' ': toggle,
    k: toggle,
    ArrowLeft: () => seek(at() - STEP_S),
    ArrowRight: () => seek(at() + STEP_S),
    ArrowUp: () => (video.volume = Math.min(1, video.volume + LOUDER)),
    ArrowDown: () => (video.volume = Math.max(0, video.volume - LOUDER)),
    Home: () => seek(0),
    End: () => seek(length()),
    m: () => (video.muted = !video.muted),
    f: toggleFull,
  };
  const onKey = (event: KeyboardEvent) => {
    stir();
    const target = event.target as HTMLElement;
    const own = target.matches('select, input') || (target.matches('button') && event.key === ' ');
    const run = keys[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey || own) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };
  const onFull = () => setFull(document.fullscreenElement === place);
  onMount(() => {
    place.focus({ preventScroll: true });
    document.addEventListener('fullscreenchange', onFull);
    stir();
  });
  onCleanup(() => {
    clearTimeout(resting);
    document.removeEventListener('fullscreenchange', onFull);
    playsNoMore(video);
  });

  return (
    <div
      ref={place}
      class="player no-swipe"
      classList={{ 'player-idle': idle() && playing() }}
      role="group"
      aria-label={t('player.label', { name: name() })}
      tabindex="-1"
      onKeyDown={onKey}
      onPointerMove={stir}
      onFocusIn={stir}
    >
      <video
        ref={video}
        playsinline
        preload="auto"
        poster={quality.still() ?? (props.file.media?.poster && ownPath(props.file.media.poster))}
        onClick={() => (matchMedia('(pointer: coarse)').matches && idle() ? stir() : toggle())}
        onDblClick={toggleFull}
        onPlay={() => {
          playsNow(video);
          setPlaying(true);
          stir();
        }}
        onPause={() => {
          setPlaying(false);
          stir();
        }}
        onPlaying={() => setWaiting(false)}
        onCanPlay={() => setWaiting(false)}
        onWaiting={() => setWaiting(true)}
        onTimeUpdate={() => setAt(video.currentTime)}
        onDurationChange={() => setMeasured(Number.isFinite(video.duration) ? video.duration : 0)}
        onProgress={() => setBuffered(video.buffered.length > 0 ? video.buffered.end(video.buffered.length - 1) : 0)}
        onVolumeChange={() => {
          setMuted(video.muted || video.volume === 0);
          setVolume(video.volume);
        }}
        onError={() => quality.plain() && fresh.failed()}
      >
        <track kind="captions" />
      </video>
      <Show when={waiting() && !fresh.broken()}>
        <span class="player-waits" role="status" aria-label={t('player.loading')} />
      </Show>
      <Show when={fresh.broken()}>
        <p class="player-broken" role="alert">
          {t('player.broken')}
        </p>
      </Show>
      <div class="player-controls">
        <SeekBar
          at={at()}
          length={length()}
          buffered={buffered()}
          sprite={props.file.media?.sprite && ownPath(props.file.media.sprite)}
          onSeek={seek}
        />
        <div class="player-row">
          <IconButton
            icon={playing() ? Pause : Play}
            label={playing() ? t('player.pause') : t('player.play')}
            onClick={toggle}
          />
          <IconButton
            icon={muted() ? VolumeX : Volume}
            label={muted() ? t('player.unmute') : t('player.mute')}
            onClick={() => (video.muted = !video.muted)}
          />
          <input
            type="range"
            class="seek player-volume"
            style={{ '--played': `${muted() ? 0 : volume() * 100}%` }}
            min="0"
            max="1"
            step="0.05"
            value={muted() ? 0 : volume()}
            aria-label={t('player.volume')}
            onInput={(event) => {
              video.volume = event.currentTarget.valueAsNumber;
              video.muted = video.volume === 0;
            }}
          />
          <span class="player-time">
            {clock(at())} / {clock(length())}
          </span>
          <span class="player-gap" />
          <Show when={quality.stream()}>
            {(stream) => (
              <select
                class="player-quality"
                aria-label={t('player.quality')}
                onChange={(event) => quality.choose(event.currentTarget.value)}
              >
                <option value="">
                  {quality.height() ? t('player.autoAt', { height: quality.height() }) : t('player.auto')}
                </option>
                <For each={stream().qualities}>{(each) => <option value={each.index}>{each.height}p</option>}</For>
              </select>
            )}
          </Show>
          <Show when={document.pictureInPictureEnabled}>
            <IconButton
              class="player-pip"
              icon={PictureInPicture}
              label={t('player.pip')}
              onClick={() => void video.requestPictureInPicture().catch(() => undefined)}
            />
          </Show>
          <IconButton
            icon={full() ? Minimize : Maximize}
            label={full() ? t('player.leaveFull') : t('player.full')}
            onClick={toggleFull}
          />
        </div>
      </div>
    </div>
  );
}
