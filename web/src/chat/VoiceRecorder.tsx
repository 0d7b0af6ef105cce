import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js';
import { type Held, isAway, type Release } from '~/media/hold';
import { LONGEST_S, type Recorded, type Recording, record } from '~/media/record';
import { clock } from '~/media/time';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { Mic, SendHorizontal, Trash } from '~/ui/icons';
import { deviceProblem } from '~/voice/problem';
import './recorder.css';

const BARS = 90;
/** From so many seconds before the longest recording on, the rest is counted. */
const COUNT_FROM_S = 30;
/** Speech at arm's length has about this root mean square; bars of it are high. */
const FULL = 0.25;

interface VoiceRecorderProps {
  /** Where the button is held that began it; null when none is. */
  held: Held | null;
  /** What letting go of that button meant. */
  released: { what: Release } | undefined;
  onDone: (recorded: Recorded) => void;
  onClose: () => void;
}

/** In the composer's place while a voice message is spoken. */
export function VoiceRecorder(props: VoiceRecorderProps) {
  let place!: HTMLDivElement;
  let sender: HTMLButtonElement | undefined;
  let recording: Recording | null = null;
  let over = false;
  const [levels, setLevels] = createSignal<readonly number[]>([]);
  const [seconds, setSeconds] = createSignal(0);
  const [running, setRunning] = createSignal(false);

  const close = () => {
    over = true;
    props.onClose();
  };
  const discard = () => {
    recording?.discard();
    close();
  };
  const finish = async () => {
    if (over) return;
    if (!recording) return discard();
    over = true;
    const recorded = await recording.finish();
    props.onClose();
    if (recorded) props.onDone(recorded);
    else toast.info(t('voiceMessage.short'));
  };
  const look = () => {
    if (!recording) return;
    setLevels(recording.levels().slice(-BARS));
    setSeconds(recording.seconds());
    if (recording.seconds() >= LONGEST_S) void finish();
  };
  const leaving = () => props.held !== null && isAway(props.held);
  const left = () => Math.ceil(LONGEST_S - seconds());
  const isHeld = createMemo(() => props.held !== null);
  // Once the button that was held gives way to the one that sends, Enter sends.
  createEffect(() => running() && !isHeld() && queueMicrotask(() => sender?.focus({ preventScroll: true })));
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    discard();
  };
  // While a button is held the focus is wherever the browser left it when that button went.
  createEffect(() => {
    if (!isHeld()) return;
    document.addEventListener('keydown', onKey, true);
    onCleanup(() => document.removeEventListener('keydown', onKey, true));
  });
  // Who held the button down lets go of it to send, unless the browser asked for leave meanwhile.
  createEffect(
    on(
      () => props.released,
      (released) => {
        if (released?.what === 'discard') discard();
        else if (released?.what === 'send' && running()) void finish();
      },
      { defer: true },
    ),
  );
  onMount(async () => {
    place.focus({ preventScroll: true });
    try {
      const begun = await record(look);
      if (over) return begun.discard();
      recording = begun;
      setRunning(true);
    } catch (error) {
      if (over) return;
      const why = deviceProblem(error);
      toast.problem(t(why === 'none' ? 'voiceMessage.noMicrophone' : 'voiceMessage.denied'));
      close();
    }
  });
  onCleanup(() => {
    if (!over) recording?.discard();
    over = true;
  });

  return (
    <div
      ref={place}
      class="recorder"
      tabindex="-1"
      classList={{ 'recorder-leaving': leaving() }}
      role="group"
      aria-label={t('voiceMessage.recording')}
      onKeyDown={onKey}
    >
      <IconButton icon={Trash} tone="danger" label={t('voiceMessage.discard')} onClick={discard} />
      <span class="recorder-dot" classList={{ 'recorder-waits': !running() }} aria-hidden="true" />
      <span class="recorder-time" role="timer" aria-live="off">
        {clock(seconds())}
      </span>
      <Show when={left() <= COUNT_FROM_S}>
        <span class="recorder-left" role="status">
          {t('voiceMessage.left', { count: left() })}
        </span>
      </Show>
      <Show when={running()} fallback={<span class="recorder-note">{t('voiceMessage.allow')}</span>}>
        <div class="recorder-bars" aria-hidden="true">
          <For each={levels()}>
            {(level) => <i style={{ height: `${Math.max(6, Math.min(100, (level / FULL) * 100))}%` }} />}
          </For>
        </div>
      </Show>
      <Show when={running() && isHeld()}>
        <span class="recorder-hint">{leaving() ? t('voiceMessage.leaving') : t('voiceMessage.release')}</span>
      </Show>
      <Show
        when={!isHeld()}
        fallback={
          <span
            class="recorder-held"
            style={{ '--loud': Math.min(1, (levels().at(-1) ?? 0) / FULL) }}
            aria-hidden="true"
          >
            <Mic size={20} />
          </span>
        }
      >
        <IconButton
          ref={sender}
          class="composer-send"
          icon={SendHorizontal}
          label={t('voiceMessage.send')}
          disabled={!running()}
          onClick={() => void finish()}
        />
      </Show>
    </div>
  );
}
