import { useLocation, useNavigate } from '@solidjs/router';
import { createSignal, createUniqueId, For, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { isPhone, pane, setPane } from '~/shell/layout';
import { store } from '~/state/store';
import { t } from '~/text';
import { Button, IconButton } from '~/ui/Button';
import { MicOff, PhoneOff, RotateCw, ScreenShare, ScreenShareOff, Video, VideoOff, X } from '~/ui/icons';
import { joinVoice, leaveVoice, retryMicrophone, startSound, toggleCamera, toggleScreen } from './door';
import { isMuted } from './prefs';
import { isIn, placeOf } from './machine';
import { pushKeys } from './keys';
import { mayShare, modeIn } from './may';
import { MutedNote } from './MutedNote';
import type { Grade } from './quality';
import { call } from './store';
import { figures, micSentence, stateWord } from './words';
import './panel.css';

const BARS = { unknown: 2, good: 4, fair: 3, poor: 1 } as const satisfies Record<Grade, number>;

/** Strength as rising bars, of which `count` are filled. */
function Bars(props: { count: number }) {
  return (
    <span class="bars" aria-hidden="true">
      <For each={[1, 2, 3, 4]}>{(bar) => <i classList={{ 'bar-full': bar <= props.count }} />}</For>
    </span>
  );
}

/** The call at the bottom of the side bar: where one is, how well it goes, and what one sends. */
export function VoicePanel() {
  return (
    <section class="voice-panel" aria-label={t('voice.panel')}>
      <Show when={isIn(call.state)} fallback={<Ended />}>
        <Going />
      </Show>
    </section>
  );
}

function Going() {
  const navigate = useNavigate();
  const here = useLocation();
  const id = createUniqueId();
  const [open, setOpen] = createSignal(false);
  const place = () => placeOf(call.state);
  const channel = () => store.channels[place()?.channelId ?? ''];
  const guild = () => store.guilds[place()?.guildId ?? ''];
  const steady = () => call.state.name === 'connected';
  const path = () => `/guilds/${place()?.guildId}/${place()?.channelId}`;
  const onView = () => here.pathname.startsWith(path()) && !(isPhone() && pane() === 'nav');
  const go = () => {
    setPane('main');
    navigate(path());
  };
  return (
    <>
      <Show when={!onView()}>
        <MutedNote />
      </Show>
      <p class="visually-hidden" role="status">
        {stateWord()}
      </p>
      <div class="voice-panel-head">
        <button
          type="button"
          class={`icon-button voice-signal voice-signal-${steady() ? call.quality.grade : 'cut'}`}
          aria-label={`${t('voice.quality')}: ${steady() ? t(`voice.quality.${call.quality.grade}`) : stateWord()}`}
          data-tooltip=""
          aria-expanded={open()}
          aria-controls={id}
          onClick={() => setOpen(!open())}
        >
          <Bars count={steady() ? BARS[call.quality.grade] : 0} />
        </button>
        <button
          type="button"
          class="voice-panel-place"
          aria-label={t('voice.open', { name: channel()?.name ?? '' })}
          onClick={go}
        >
          <span class={`voice-panel-state voice-panel-state-${steady() ? 'good' : 'warn'}`}>{stateWord()}</span>
          <span class="voice-panel-name">
            {channel()?.name}
            <Show when={guild()}>{(known) => ` / ${known().name}`}</Show>
          </span>
        </button>
        <IconButton icon={PhoneOff} tone="danger" label={t('voice.leave')} onClick={leaveVoice} />
      </div>
      <div id={id} hidden={!open()}>
        <Show when={open()}>
          <div class="voice-panel-quality">
            <p>{steady() ? t(`voice.reason.${call.quality.reason}`) : t('voice.restoringText')}</p>
            <Show when={figures(call.quality)}>{(text) => <p class="voice-panel-figures">{text()}</p>}</Show>
          </div>
        </Show>
      </div>
      <Show when={!open() && steady() && call.quality.grade !== 'good' && call.quality.reason !== 'none'}>
        <p class="voice-panel-note">{t(`voice.reason.${call.quality.reason}`)}</p>
      </Show>
      <div class="voice-panel-said" role="status">
        <Show when={micSentence()}>
          {(text) => (
            <div class="voice-panel-note voice-panel-warn">
              <MicOff size={16} aria-hidden="true" />
              <p>{text()}</p>
              <Show when={call.microphoneProblem}>
                <IconButton icon={RotateCw} size={16} label={t('voice.retry')} onClick={retryMicrophone} />
              </Show>
            </div>
          )}
        </Show>
      </div>
      <Show when={place() && modeIn(place()?.channelId ?? '') === 'push' && pushKeys().length > 0}>
        <p class="voice-panel-push" classList={{ 'voice-panel-pushed': call.pushed && !isMuted() }}>
          {call.pushed && !isMuted() ? t('voice.onAir') : t('voice.hold')}
          <For each={pushKeys()}>{(key) => <kbd>{key}</kbd>}</For>
        </p>
      </Show>
      <Show when={call.silent}>
        <div class="voice-panel-note">
          <p>{t('voice.silent')}</p>
          <Button onClick={startSound}>{t('voice.startSound')}</Button>
        </div>
      </Show>
      <div class="voice-panel-sends">
        <button
          type="button"
          class="voice-send"
          classList={{ 'voice-send-on': call.camera !== 'off' }}
          disabled={!mayShare() || call.camera === 'starting'}
          aria-label={call.camera === 'off' ? t('voice.camera') : t('voice.cameraOff')}
          data-tooltip=""
          onClick={toggleCamera}
        >
          <Dynamic component={call.camera === 'off' ? VideoOff : Video} size={18} aria-hidden="true" />
        </button>
        <button
          type="button"
          class="voice-send"
          classList={{ 'voice-send-on': call.screen !== 'off' }}
          disabled={!mayShare() || call.screen === 'starting'}
          aria-label={call.screen === 'off' ? t('voice.screen') : t('voice.screenOff')}
          data-tooltip=""
          onClick={toggleScreen}
        >
          <Dynamic component={call.screen === 'off' ? ScreenShare : ScreenShareOff} size={18} aria-hidden="true" />
        </button>
      </div>
    </>
  );
}

function Ended() {
  const failed = () => (call.state.name === 'failed' ? call.state : null);
  return (
    <Show when={failed()}>
      {(over) => (
        <>
          <div class="voice-panel-head">
            <div class="voice-panel-place">
              <span class="voice-panel-state voice-panel-state-bad" role="status">
                {stateWord()}
              </span>
              <span class="voice-panel-name">{store.channels[over().place.channelId]?.name}</span>
            </div>
            <IconButton icon={X} label={t('voice.dismiss')} onClick={leaveVoice} />
          </div>
          <p class="voice-panel-note">{t(`voice.problem.${over().problem}`)}</p>
          <Show when={over().problem !== 'unsupported'}>
            <Button icon={RotateCw} onClick={() => void joinVoice(over().place.guildId, over().place.channelId)}>
              {t('voice.rejoin')}
            </Button>
          </Show>
        </>
      )}
    </Show>
  );
}
