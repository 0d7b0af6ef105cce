/** Short tones made on the spot; no file is loaded for them. */
export type Tone = 'joined' | 'left' | 'lost' | 'came' | 'went' | 'mute' | 'unmute' | 'deafen' | 'undeafen' | 'hand';

/** Notes as [frequency in Hz, start in s], of one shape. */
const NOTES: Readonly<Record<Tone, readonly (readonly [number, number])[]>> = {
  joined: [
    [523.25, 0],
    [783.99, 0.09],
  ],
  left: [
    [587.33, 0],
    [392, 0.09],
  ],
  lost: [[311.13, 0]],
  came: [[659.25, 0]],
  went: [[440, 0]],
  mute: [[349.23, 0]],
  unmute: [[523.25, 0]],
  deafen: [
    [349.23, 0],
    [261.63, 0.08],
  ],
  undeafen: [
    [392, 0],
    [523.25, 0.08],
  ],
  hand: [
    [659.25, 0],
    [880, 0.1],
  ],
};

const LENGTH_S = 0.16;
const LOUDNESS = 0.07;

let context: AudioContext | null = null;

/** Sound a tone at `volume` (0 to 1). Where a page may not sound yet, it stays silent. */
export function sound(tone: Tone, volume: number): void {
  if (volume <= 0 || typeof AudioContext === 'undefined') return;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
  const now = context.currentTime + 0.01;
  for (const [frequency, start] of NOTES[tone]) {
    const from = now + start;
    const oscillator = new OscillatorNode(context, { type: 'sine', frequency });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUDNESS * volume, from + 0.012);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + LENGTH_S);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(from + LENGTH_S + 0.02);
  }
}
