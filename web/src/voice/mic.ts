import type { GateReport, GateRule } from './gate';
import gateUrl from './gate.worklet?worker&url';

/** How a microphone is opened. */
export interface MicWish {
  deviceId: string;
  noiseSuppression: boolean;
  echoCancellation: boolean;
  autoGain: boolean;
  /** Factor on what the device gives. */
  volume: number;
  rule: GateRule;
}

export const CAPTURE_KEYS = ['deviceId', 'noiseSuppression', 'echoCancellation', 'autoGain'] as const;

/** Open the wished device, or the system's own where that one is gone. */
export async function openDevice<T extends MediaTrackConstraints>(
  kind: 'audio' | 'video',
  deviceId: string,
  constraints: T,
): Promise<MediaStreamTrack> {
  const ask = async (id: string): Promise<MediaStreamTrack> => {
    const wish = id ? { ...constraints, deviceId: { exact: id } } : constraints;
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wish });
    const [track] = stream.getTracks();
    if (!track) throw new DOMException('The browser gave no track.', 'NotFoundError');
    return track;
  };
  try {
    return await ask(deviceId);
  } catch (error) {
    const gone = error instanceof DOMException && /^(OverconstrainedError|NotFoundError)$/.test(error.name);
    if (!deviceId || !gone) throw error;
    return ask('');
  }
}

/** What becomes of the device without the person's doing. */
interface MicEvents {
  /** It fell silent for good and could not be replaced. */
  lost: (error: unknown) => void;
  /** Another one, of this name, took its place. */
  replaced: (name: string) => void;
}

/**
 * A microphone with volume and gate. Its `track` stays the same whatever device is behind it, so a change of device
 * needs no new negotiation. Call `open` before using `track`, and `close` at the end.
 */
export class Mic {
  #context: AudioContext | null = null;
  #gain: GainNode | null = null;
  #gate: AudioWorkletNode | null = null;
  #out: MediaStreamAudioDestinationNode | null = null;
  #monitor: GainNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #device: MediaStreamTrack | null = null;
  #wish: MicWish;
  #changes: Promise<unknown> = Promise.resolve();

  constructor(
    wish: MicWish,
    private readonly onReport: (report: GateReport) => void,
    private readonly events: MicEvents,
  ) {
    this.#wish = wish;
  }

  get track(): MediaStreamTrack {
    const track = this.#out?.stream.getAudioTracks()[0];
    if (!track) throw new Error('The microphone is not open.');
    return track;
  }

  get isOpen(): boolean {
    return this.#source !== null;
  }

  /** The name of the device in use, as the system tells it. */
  get deviceLabel(): string {
    return this.#device?.label ?? '';
  }

  /** Raises what getUserMedia raises when there is no microphone or it may not be used. */
  async open(): Promise<void> {
    await this.#capture();
    const context = new AudioContext({ latencyHint: 'interactive', sampleRate: 48_000 });
    this.#context = context;
    // A page that was not touched yet may not sound, but this one only listens.
    void context.resume();
    await context.audioWorklet.addModule(gateUrl);
    this.#gain = context.createGain();
    this.#gate = new AudioWorkletNode(context, 'hubbub-gate', {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.#gate.port.onmessage = (event: MessageEvent<GateReport>) => this.onReport(event.data);
    this.#out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    this.#gain.connect(this.#gate).connect(this.#out);
    this.#listen();
    this.#apply();
  }

  /** Follow a changed wish: another device or processing is opened at once, without a pause for the listeners. */
  async change(wish: Partial<MicWish>): Promise<void> {
    this.#wish = { ...this.#wish, ...wish };
    this.#apply();
    if (CAPTURE_KEYS.some((key) => key in wish)) await this.#reopen();
  }

  /** Open the device anew, since what is plugged in changed. */
  async follow(): Promise<void> {
    const before = this.deviceLabel;
    await this.#reopen();
    if (this.deviceLabel && this.deviceLabel !== before) this.events.replaced(this.deviceLabel);
  }

  #reopen(): Promise<void> {
    const next = this.#changes.then(async () => {
      if (!this.#context) return;
      await this.#capture();
      this.#listen();
    });
    this.#changes = next.catch(() => undefined);
    return next;
  }

  /** Let the person hear what others would hear. */
  monitor(on: boolean): void {
    if (on && this.#context && this.#gate && !this.#monitor) {
      this.#monitor = this.#context.createGain();
      this.#gate.connect(this.#monitor).connect(this.#context.destination);
    } else if (!on) {
      this.#monitor?.disconnect();
      this.#monitor = null;
    }
  }

  /** Choose where `monitor` sounds; browsers that cannot, play it where the system wants. */
  async playTo(deviceId: string): Promise<void> {
    const context = this.#context as (AudioContext & { setSinkId?: (id: string) => Promise<void> }) | null;
    await context?.setSinkId?.(deviceId).catch(() => undefined);
  }

  close(): void {
    this.#device?.stop();
    this.#device = null;
    this.#out?.stream.getTracks().forEach((track) => void track.stop());
    void this.#context?.close();
    this.#context = null;
  }

  async #capture(): Promise<void> {
    const { deviceId, noiseSuppression, echoCancellation, autoGain } = this.#wish;
    const before = this.#device;
    const device = await openDevice('audio', deviceId, {
      noiseSuppression,
      echoCancellation,
      autoGainControl: autoGain,
      channelCount: 1,
    });
    device.addEventListener('ended', () => {
      if (this.#device === device) this.follow().catch(this.events.lost);
    });
    this.#device = device;
    before?.stop();
  }

  #listen(): void {
    if (!this.#context || !this.#gain || !this.#device) return;
    this.#source?.disconnect();
    this.#source = this.#context.createMediaStreamSource(new MediaStream([this.#device]));
    this.#source.connect(this.#gain);
  }

  #apply(): void {
    if (this.#gain) this.#gain.gain.value = this.#wish.volume;
    this.#gate?.port.postMessage(this.#wish.rule);
  }
}
