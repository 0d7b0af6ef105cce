import { createSignal, createUniqueId, onCleanup, Show } from 'solid-js';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Mic as MicIcon, Square } from '~/ui/icons';
import { type GateReport, SILENCE_DB } from '~/voice/gate';
import { Mic } from '~/voice/mic';
import { onPrefs, prefs, savePrefs, THRESHOLD_DB_MIN } from '~/voice/prefs';
import { deviceProblem } from '~/voice/problem';
import { MIC_SENTENCES } from '~/voice/words';

const QUIET: GateReport = { level: SILENCE_DB, open: false };

/** Where a level in dBFS stands on the meter, in per cent. */
const share = (level: number): number => Math.round(Math.max(0, 1 - level / THRESHOLD_DB_MIN) * 100);

/** The microphone's level, from which level it opens, and what others would hear. */
export function MicTest(props: { onNamed: () => void }) {
  const id = createUniqueId();
  const [report, setReport] = createSignal(QUIET);
  const [running, setRunning] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  let mic: Mic | null = null;
  // In the test the voice opens it even where a key would: nobody holds a key and a slider at once.
  const rule = () => ({ kind: 'voice', threshold: prefs.threshold }) as const;
  const stop = () => {
    mic?.close();
    mic = null;
    setRunning(false);
    setReport(QUIET);
  };
  const start = async () => {
    setProblem(null);
    const opened = new Mic(
      {
        deviceId: prefs.input,
        noiseSuppression: prefs.noiseSuppression,
        echoCancellation: prefs.echoCancellation,
        autoGain: prefs.autoGain,
        volume: prefs.inputVolume,
        rule: rule(),
      },
      (heard) => mic === opened && setReport(heard),
      { lost: stop, replaced: props.onNamed },
    );
    mic = opened;
    setRunning(true);
    try {
      await opened.open();
      if (mic !== opened) return opened.close();
      await opened.playTo(prefs.output);
      opened.monitor(true);
      props.onNamed();
    } catch (error) {
      opened.close();
      if (mic !== opened) return;
      stop();
      setProblem(t(MIC_SENTENCES[deviceProblem(error) ?? 'failed']));
    }
  };
  onCleanup(
    onPrefs((change) => {
      void mic
        ?.change({
          ...('input' in change ? { deviceId: prefs.input } : {}),
          ...('noiseSuppression' in change ? { noiseSuppression: prefs.noiseSuppression } : {}),
          ...('echoCancellation' in change ? { echoCancellation: prefs.echoCancellation } : {}),
          ...('autoGain' in change ? { autoGain: prefs.autoGain } : {}),
          volume: prefs.inputVolume,
          rule: rule(),
        })
        .catch(stop);
      if ('output' in change) void mic?.playTo(prefs.output);
    }),
  );
  onCleanup(stop);
  return (
    <div class="mic-test">
      <div class="mic-test-head">
        <div>
          <h3 id={id}>{t('voiceSet.test')}</h3>
          <p class="field-hint">{t('voiceSet.testHint')}</p>
        </div>
        <Button icon={running() ? Square : MicIcon} onClick={() => (running() ? stop() : void start())}>
          {running() ? t('voiceSet.testStop') : t('voiceSet.testStart')}
        </Button>
      </div>
      <div class="level">
        <div
          class="level-track"
          classList={{ 'level-open': report().open }}
          role="meter"
          aria-label={t('voiceSet.level')}
          aria-valuemin="0"
          aria-valuemax="100"
          aria-valuenow={share(report().level)}
        >
          <span class="level-fill" style={{ width: `${share(report().level)}%` }} />
        </div>
        <Show when={prefs.mode === 'activity' && prefs.threshold !== null}>
          <input
            class="range level-threshold"
            type="range"
            min={THRESHOLD_DB_MIN}
            max="0"
            step="1"
            value={prefs.threshold ?? -50}
            aria-label={t('voiceSet.threshold')}
            aria-valuetext={`${prefs.threshold} dB`}
            onInput={(event) => savePrefs({ threshold: event.currentTarget.valueAsNumber })}
          />
        </Show>
      </div>
      <Show when={problem()}>
        {(text) => (
          <p class="form-problem" role="alert">
            {text()}
          </p>
        )}
      </Show>
    </div>
  );
}
