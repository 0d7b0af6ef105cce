import { createMemo, createSignal, For, onCleanup, Show } from 'solid-js';
import type { Attachment } from '~/api/wire';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { Download, Pause, Play } from '~/ui/icons';
import { createFresh } from './fresh';
import { shownName } from './kind';
import { playsNoMore, playsNow } from './playing';
import { clock } from './time';
import { bars, raised, readWaveform } from './waveform';
import './player.css';

const BARS = 56;
const SPEEDS = [1, 1.5, 2] as const;

/** A sound or a voice message: its shape over time, where it is, and how fast it goes. */
export function SoundPlayer(props: { file: Attachment; voice: boolean }) {
  let audio!: HTMLAudioElement;
  const fresh = createFresh(() => props.file.url);
  const [playing, setPlaying] = createSignal(false);
  const [at, setAt] = createSignal(0);
  const [measured, setMeasured] = createSignal(0);
  const [speed, setSpeed] = createSignal<number>(1);
  // Recordings of a browser do not tell their length; the message does.
  const length = () => props.file.duration_secs || measured();
  const name = () => (props.voice ? t('voiceMessage.name') : shownName(props.file.filename));
  const shape = createMemo(() => {
    const points = readWaveform(props.file.waveform);
    return points.length > 0 ? bars(raised(points), BARS) : null;
  });
  const toggle = () => (audio.paused ? void audio.play().catch(() => undefined) : audio.pause());
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed() as 1) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    audio.playbackRate = next;
  };
  const reload = () => {
    const from = audio.currentTime;
    fresh.failed();
    audio.addEventListener('loadedmetadata', () => (audio.currentTime = from), { once: true });
  };
  onCleanup(() => playsNoMore(audio));
  return (
    <figure class="sound" classList={{ 'sound-voice': props.voice }} aria-label={name()}>
      <audio
        ref={audio}
        src={fresh.url()}
        preload={props.file.duration_secs ? 'none' : 'metadata'}
        onPlay={() => {
          playsNow(audio);
          setPlaying(true);
        }}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
        onTimeUpdate={() => setAt(audio.currentTime)}
        onDurationChange={() => setMeasured(Number.isFinite(audio.duration) ? audio.duration : 0)}
        onError={reload}
      >
        <track kind="captions" />
      </audio>
      <IconButton
        class="sound-play"
        icon={playing() ? Pause : Play}
        label={playing() ? t('player.pause') : t('player.playName', { name: name() })}
        onClick={toggle}
      />
      <div class="sound-middle">
        <Show when={!props.voice}>
          <figcaption class="file-name">{name()}</figcaption>
        </Show>
        <div
          class="sound-track"
          style={{ '--played': `${length() > 0 ? Math.min(100, (at() / length()) * 100) : 0}%` }}
        >
          <Show when={shape()}>
            {(heights) => (
              <div class="sound-bars" aria-hidden="true">
                <For each={heights()}>
                  {(height, index) => (
                    <i
                      classList={{ played: length() > 0 && index() / BARS < at() / length() }}
                      style={{ height: `${Math.max(8, height * 100)}%` }}
                    />
                  )}
                </For>
              </div>
            )}
          </Show>
          <input
            type="range"
            class="seek"
            classList={{ 'seek-over': shape() !== null }}
            min="0"
            max={length() || 0}
            step="0.1"
            value={at()}
            aria-label={t('player.seek')}
            aria-valuetext={t('player.position', { at: clock(at()), length: clock(length()) })}
            onInput={(event) => {
              audio.currentTime = event.currentTarget.valueAsNumber;
              setAt(audio.currentTime);
            }}
          />
        </div>
      </div>
      <span class="player-time">{clock(playing() || at() > 0 ? at() : length())}</span>
      <button type="button" class="player-speed" aria-label={t('player.speed', { speed: speed() })} onClick={faster}>
        {speed()}×
      </button>
      <Show when={!props.voice}>
        <a
          class="icon-button"
          href={fresh.url()}
          download={name()}
          aria-label={t('picture.download', { name: name() })}
        >
          <Download size={18} aria-hidden="true" />
        </a>
      </Show>
      <Show when={fresh.broken()}>
        <span class="player-problem" role="alert">
          {t('player.broken')}
        </span>
      </Show>
    </figure>
  );
}
