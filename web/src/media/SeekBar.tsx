import { createSignal, Show } from 'solid-js';
import { t } from '~/text';
import { type Moment, momentAt, readSprite } from './sprite';
import { clock } from './time';

interface SeekBarProps {
  /** Seconds, all three. */
  at: number;
  length: number;
  buffered: number;
  /** WebVTT of small pictures, shown of the moment under the pointer. */
  sprite: string | undefined;
  onSeek: (to: number) => void;
}

const LABEL_PX = 48;

const share = (part: number, whole: number): string => `${whole > 0 ? Math.min(100, (part / whole) * 100) : 0}%`;

/** Where a video is; the pointer shows what lies elsewhere before it is pressed. */
export function SeekBar(props: SeekBarProps) {
  const [pointed, setPointed] = createSignal<number | null>(null);
  /** Whether keys move it; who cannot point sees the same pictures. */
  const [keyed, setKeyed] = createSignal(false);
  const shownAt = () => pointed() ?? (keyed() ? props.at : null);
  const [moments, setMoments] = createSignal<Moment[] | null>(null);
  const moment = () => momentAt(moments() ?? [], shownAt() ?? 0);
  /** Half of what it shows is wide, in CSS pixels: none of it is cut off at the ends. */
  const half = () => (moment()?.width ?? LABEL_PX) / 2 + 2;
  const load = async (url: string) => {
    setMoments([]);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) setMoments(readSprite(await answer.text(), answer.url));
  };
  const begin = () => {
    if (props.sprite && !moments()) void load(props.sprite);
  };
  const point = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    setPointed(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * props.length);
    begin();
  };
  return (
    <div class="seek-bar" onPointerMove={point} onPointerLeave={() => setPointed(null)}>
      <Show when={props.length > 0 && shownAt() !== null}>
        <div
          class="seek-preview"
          style={{ left: `clamp(${half()}px, ${share(shownAt() ?? 0, props.length)}, calc(100% - ${half()}px))` }}
          aria-hidden="true"
        >
          <Show when={moment()}>
            {(shown) => (
              <span
                class="seek-picture"
                style={{
                  width: `${shown().width}px`,
                  height: `${shown().height}px`,
                  'background-image': `url("${shown().url}")`,
                  'background-position': `-${shown().x}px -${shown().y}px`,
                }}
              />
            )}
          </Show>
          <span class="seek-time">{clock(shownAt() ?? 0)}</span>
        </div>
      </Show>
      <input
        type="range"
        class="seek"
        style={{ '--played': share(props.at, props.length), '--buffered': share(props.buffered, props.length) }}
        min="0"
        max={props.length || 0}
        step="0.1"
        value={props.at}
        aria-label={t('player.seek')}
        aria-valuetext={t('player.position', { at: clock(props.at), length: clock(props.length) })}
        onInput={(event) => props.onSeek(event.currentTarget.valueAsNumber)}
        onKeyDown={() => {
          setKeyed(true);
          begin();
        }}
        onBlur={() => setKeyed(false)}
      />
    </div>
  );
}
