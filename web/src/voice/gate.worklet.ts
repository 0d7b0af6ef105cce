/** The gate on the audio thread: takes its rule by message, and reports what it hears twenty times a second. */
import { Gate, type GateRule } from './gate';

// The types of this scope are not among those of pages.
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

const REPORTS_PER_S = 20;

class GateProcessor extends AudioWorkletProcessor {
  readonly #gate = new Gate(sampleRate);
  #unreported = 0;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<GateRule>) => {
      this.#gate.rule = event.data;
    };
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    const output = outputs[0]?.[0];
    if (!input || !output) return true;
    this.#gate.process(input, output);
    this.#unreported += input.length;
    if (this.#unreported >= sampleRate / REPORTS_PER_S) {
      this.#unreported = 0;
      this.port.postMessage(this.#gate.report);
    }
    return true;
  }
}

registerProcessor('hubbub-gate', GateProcessor);
