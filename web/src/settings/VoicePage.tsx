import { createEffect, createSignal, createUniqueId, For, onCleanup, Show } from 'solid-js';
import { type TextKey, t } from '~/text';
import { Button } from '~/ui/Button';
import { Choice, SwitchRow } from '~/ui/Field';
import { canChooseOutput, createDevices } from '~/voice/devices';
import { openDevice } from '~/voice/mic';
import { prefs, RELEASE_MS_MAX, savePrefs, type TalkMode } from '~/voice/prefs';
import { deviceProblem } from '~/voice/problem';
import { MIC_SENTENCES } from '~/voice/words';
import { KeyField } from './KeyField';
import { MicTest } from './MicTest';
import '~/voice/range.css';
import './voice.css';

/** Devices, the microphone and how it opens, the camera: all of it kept by this browser and heard at once. */
export function VoicePage() {
  const { devices, look } = createDevices();
  const [problem, setProblem] = createSignal<string | null>(null);
  const allow = async () => {
    setProblem(null);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: devices().cameras.length > 0 });
      for (const track of stream.getTracks()) track.stop();
    } catch (error) {
      setProblem(t(MIC_SENTENCES[deviceProblem(error) ?? 'failed']));
    }
    await look();
  };
  return (
    <div class="settings-page">
      <section class="settings-section">
        <Show when={!devices().named}>
          <div class="settings-note voice-allow">
            <p>{t('voiceSet.allowHint')}</p>
            <Button kind="primary" onClick={() => void allow()}>
              {t('voiceSet.allow')}
            </Button>
            <Show when={problem()}>{(text) => <p class="form-problem">{text()}</p>}</Show>
          </div>
        </Show>
        <div class="two-fields">
          <DeviceChoice
            label="voiceSet.input"
            devices={devices().inputs}
            value={prefs.input}
            onChange={(input) => savePrefs({ input })}
          />
          <Show when={canChooseOutput} fallback={<p class="settings-note">{t('voiceSet.outputFixed')}</p>}>
            <DeviceChoice
              label="voiceSet.output"
              devices={devices().outputs}
              value={prefs.output}
              onChange={(output) => savePrefs({ output })}
            />
          </Show>
        </div>
        <div class="two-fields">
          <Slider
            label={t('voiceSet.inputVolume')}
            value={Math.round(prefs.inputVolume * 100)}
            max={200}
            step={5}
            shown={(value) => `${value} %`}
            onChange={(value) => savePrefs({ inputVolume: value / 100 })}
          />
          <Slider
            label={t('voiceSet.outputVolume')}
            value={Math.round(prefs.outputVolume * 100)}
            max={100}
            step={5}
            shown={(value) => `${value} %`}
            onChange={(value) => savePrefs({ outputVolume: value / 100 })}
          />
        </div>
        <MicTest onNamed={() => void look()} />
      </section>
      <section class="settings-section">
        <Opening />
      </section>
      <section class="settings-section">
        <h3>{t('voiceSet.processing')}</h3>
        <SwitchRow
          label={t('voiceSet.noise')}
          hint={t('voiceSet.noiseHint')}
          checked={prefs.noiseSuppression}
          onChange={(noiseSuppression) => savePrefs({ noiseSuppression })}
        />
        <SwitchRow
          label={t('voiceSet.echo')}
          hint={t('voiceSet.echoHint')}
          checked={prefs.echoCancellation}
          onChange={(echoCancellation) => savePrefs({ echoCancellation })}
        />
        <SwitchRow
          label={t('voiceSet.gain')}
          hint={t('voiceSet.gainHint')}
          checked={prefs.autoGain}
          onChange={(autoGain) => savePrefs({ autoGain })}
        />
      </section>
      <section class="settings-section">
        <h3>{t('voiceSet.video')}</h3>
        <DeviceChoice
          label="voiceSet.camera"
          devices={devices().cameras}
          value={prefs.camera}
          onChange={(camera) => savePrefs({ camera })}
        />
        <CameraPreview onNamed={() => void look()} />
        <SwitchRow
          label={t('voiceSet.mirror')}
          hint={t('voiceSet.mirrorHint')}
          checked={prefs.mirror}
          onChange={(mirror) => savePrefs({ mirror })}
        />
      </section>
      <section class="settings-section">
        <SwitchRow
          label={t('voiceSet.sounds')}
          hint={t('voiceSet.soundsHint')}
          checked={prefs.sounds}
          onChange={(sounds) => savePrefs({ sounds })}
        />
      </section>
    </div>
  );
}

const MODES: readonly TalkMode[] = ['activity', 'push'];

/** By voice or by key. */
function Opening() {
  const name = createUniqueId();
  return (
    <>
      <fieldset class="voice-modes">
        <legend>{t('voiceSet.mode')}</legend>
        <For each={MODES}>
          {(mode) => (
            <label class="voice-mode">
              <input type="radio" name={name} checked={prefs.mode === mode} onChange={() => savePrefs({ mode })} />
              {t(`voiceSet.${mode}`)}
            </label>
          )}
        </For>
      </fieldset>
      <Show
        when={prefs.mode === 'push'}
        fallback={
          <SwitchRow
            label={t('voiceSet.auto')}
            hint={t('voiceSet.autoHint')}
            checked={prefs.threshold === null}
            onChange={(auto) => savePrefs({ threshold: auto ? null : -50 })}
          />
        }
      >
        <KeyField />
        <Slider
          label={t('voiceSet.release')}
          value={prefs.releaseMs}
          max={RELEASE_MS_MAX}
          step={50}
          shown={(ms) => t('voiceSet.ms', { ms })}
          onChange={(releaseMs) => savePrefs({ releaseMs })}
        />
      </Show>
    </>
  );
}

interface DeviceChoiceProps {
  label: TextKey;
  devices: readonly MediaDeviceInfo[];
  value: string;
  onChange: (id: string) => void;
}

/** A device that is unplugged is no longer in the list; the system's own stands in until it is back. */
function DeviceChoice(props: DeviceChoiceProps) {
  const known = () => props.devices.filter((device) => device.label !== '');
  return (
    <Choice
      label={t(props.label)}
      value={known().some((device) => device.deviceId === props.value) ? props.value : ''}
      options={[
        { value: '', label: t('voiceSet.default') },
        ...known().map((device) => ({ value: device.deviceId, label: device.label })),
      ]}
      onChange={props.onChange}
    />
  );
}

interface SliderProps {
  label: string;
  value: number;
  max: number;
  step: number;
  shown: (value: number) => string;
  onChange: (value: number) => void;
}

function Slider(props: SliderProps) {
  const id = createUniqueId();
  return (
    <div class="voice-slider">
      <label class="field-label" for={id}>
        {props.label}
      </label>
      <output for={id}>{props.shown(props.value)}</output>
      <input
        id={id}
        class="range"
        type="range"
        min="0"
        max={props.max}
        step={props.step}
        value={props.value}
        aria-valuetext={props.shown(props.value)}
        onInput={(event) => props.onChange(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

/** The camera as others will see it, turned round for the person themselves. */
function CameraPreview(props: { onNamed: () => void }) {
  const [shown, setShown] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  let video!: HTMLVideoElement;
  createEffect(() => {
    if (!shown()) return;
    const id = prefs.camera;
    let track: MediaStreamTrack | null = null;
    let over = false;
    setProblem(null);
    openDevice('video', id, { width: { ideal: 1280 }, height: { ideal: 720 } }).then(
      (opened) => {
        track = opened;
        if (over) return opened.stop();
        video.srcObject = new MediaStream([opened]);
        props.onNamed();
      },
      (error: unknown) => {
        if (over) return;
        setShown(false);
        setProblem(t(CAMERA_SENTENCES[deviceProblem(error) ?? 'failed']));
      },
    );
    onCleanup(() => {
      over = true;
      track?.stop();
      video.srcObject = null;
    });
  });
  return (
    <>
      <div class="voice-preview">
        <video
          ref={video}
          classList={{ 'voice-mirrored': prefs.mirror }}
          hidden={!shown()}
          autoplay
          playsinline
          muted
        />
        <Button onClick={() => setShown(!shown())}>
          {shown() ? t('voiceSet.previewStop') : t('voiceSet.preview')}
        </Button>
      </div>
      <Show when={problem()}>
        {(text) => (
          <p class="form-problem" role="alert">
            {text()}
          </p>
        )}
      </Show>
    </>
  );
}

const CAMERA_SENTENCES = {
  denied: 'voice.cameraDenied',
  none: 'voice.cameraNone',
  busy: 'voice.cameraBusy',
  unsupported: 'voice.deviceUnsupported',
  failed: 'voice.cameraFailed',
} as const;
