import { describe, expect, it } from 'vitest';
import { Gate, type GateRule, levelOf, SILENCE_DB } from './gate';

const RATE = 48_000;
const BLOCK = 128;

/** A block of noise-free tone whose mean power is `db` dBFS. */
const tone = (db: number): Float32Array => new Float32Array(BLOCK).fill(10 ** (db / 20));

/** Feed `seconds` of a tone and return the last block that came out, as a level. */
function feed(gate: Gate, db: number, seconds: number): number {
  const output = new Float32Array(BLOCK);
  for (let block = 0; block < Math.ceil((seconds * RATE) / BLOCK); block++) gate.process(tone(db), output);
  return levelOf(output);
}

const made = (rule: GateRule): Gate => Object.assign(new Gate(RATE), { rule });

describe('the gate', () => {
  it('knows levels', () => {
    expect(levelOf(tone(-20))).toBeCloseTo(-20, 3);
    expect(levelOf(new Float32Array(BLOCK))).toBe(SILENCE_DB);
    expect(levelOf(new Float32Array(0))).toBe(SILENCE_DB);
  });

  it('lets a voice through and keeps the room out', () => {
    const gate = made({ kind: 'voice', threshold: -40 });
    expect(feed(gate, -55, 0.2)).toBe(SILENCE_DB);
    expect(feed(gate, -25, 0.1)).toBeCloseTo(-25, 1);
    expect(gate.report.open).toBe(true);
  });

  it('stays open between words, then closes', () => {
    const gate = made({ kind: 'voice', threshold: -40 });
    feed(gate, -25, 0.1);
    expect(feed(gate, -60, 0.2)).toBeCloseTo(-60, 1);
    expect(feed(gate, -60, 0.5)).toBe(SILENCE_DB);
    expect(gate.report.open).toBe(false);
  });

  it('follows the noise of the room by itself', () => {
    const gate = made({ kind: 'voice', threshold: null });
    feed(gate, -45, 20);
    expect(gate.report.open).toBe(false);
    feed(gate, -20, 0.1);
    expect(gate.report.open).toBe(true);
  });

  it('does as it is told', () => {
    const gate = made({ kind: 'fixed', open: false });
    expect(feed(gate, -5, 0.5)).toBe(SILENCE_DB);
    gate.rule = { kind: 'fixed', open: true };
    expect(feed(gate, -70, 0.1)).toBeCloseTo(-70, 1);
  });

  it('shows peaks at once and lets them fall slowly', () => {
    const gate = made({ kind: 'voice', threshold: -40 });
    feed(gate, -10, 0.01);
    expect(gate.report.level).toBeCloseTo(-10, 1);
    feed(gate, -100, 0.1);
    expect(gate.report.level).toBeGreaterThan(-20);
  });
});
