import { openDevice } from '~/voice/mic';
import { prefs } from '~/voice/prefs';
import { loudness, points, writeWaveform } from './waveform';

/** What a recording became. */
export interface Recorded {
  file: File;
  durationS: number;
  waveform: string;
}

export interface Recording {
  /** Seconds so far. */
  seconds: () => number;
  /** How loud it was, 0 to 1 each, oldest first: a look each `LOOK_MS`. */
  levels: () => readonly number[];
  /** End it, and return what there is; null when it is too short to say anything. */
  finish: () => Promise<Recorded | null>;
  /** End it, and keep nothing. */
  discard: () => void;
}

export const LOOK_MS = 50;
/** A recording ends by itself after so long. */
export const LONGEST_S = 600;
/** What is shorter was a slip. */
const SHORTEST_S = 0.5;
const BITS_PER_S = 48_000;

/** What browsers record speech into, best first: all of it is Opus but the last. */
const TYPES = [
  ['audio/ogg;codecs=opus', 'ogg'],
  ['audio/webm;codecs=opus', 'webm'],
  ['audio/mp4', 'm4a'],
] as const;
const recordable = () =>
  typeof MediaRecorder === 'undefined' ? undefined : TYPES.find(([type]) => MediaRecorder.isTypeSupported(type));

/** Open the person's microphone and record; raises what `getUserMedia` raises. `each` is called after every look. */
export async function record(each: () => void): Promise<Recording> {
  const [type, ending] = recordable() ?? ['', ''];
  if (!type) throw new DOMException('The browser records nothing.', 'NotSupportedError');
  const { input, echoCancellation, noiseSuppression, autoGain } = prefs;
  const track = await openDevice('audio', input, { echoCancellation, noiseSuppression, autoGainControl: autoGain });
  const stream = new MediaStream([track]);
  const context = new AudioContext();
  void context.resume();
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const levels: number[] = [];
  const chunks: Blob[] = [];
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_S });
  recorder.ondataavailable = (event) => void chunks.push(event.data);
  recorder.start(1000);
  const began = performance.now();
  let ended: number | null = null;
  const seconds = () => ((ended ?? performance.now()) - began) / 1000;
  const look = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    levels.push(loudness(samples));
    each();
  }, LOOK_MS);
  const end = () => {
    ended ??= performance.now();
    clearInterval(look);
    const stopped =
      recorder.state === 'inactive'
        ? Promise.resolve()
        : new Promise<void>((resolve) => recorder.addEventListener('stop', () => resolve(), { once: true }));
    if (recorder.state !== 'inactive') recorder.stop();
    track.stop();
    void context.close().catch(() => undefined);
    return stopped;
  };
  return {
    seconds,
    levels: () => levels,
    finish: async () => {
      await end();
      if (seconds() < SHORTEST_S) return null;
      const plain = type.split(';')[0] ?? type;
      const file = new File(chunks, `voice-message.${ending}`, { type: plain });
      return { file, durationS: Math.round(seconds() * 100) / 100, waveform: writeWaveform(points(levels)) };
    },
    discard: () => void end(),
  };
}
