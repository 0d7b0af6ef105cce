import { describe, expect, it } from 'vitest';
import { type Effect, type Input, READY, type State, step } from './machine';

const run = (...inputs: Input[]): [State, Effect[]] => {
  let state: State = READY;
  let effects: Effect[] = [];
  for (const input of inputs) {
    const [next, out] = step(state, input);
    state = next;
    effects = [...out];
  }
  return [state, effects];
};
const send: Input = { name: 'send', files: false };
const sendFiles: Input = { name: 'send', files: true };
const lost: Input = { name: 'lost', sentence: 'No answer.', ageMs: 0 };
const lostTooLong: Input = { ...lost, ageMs: 4 * 60_000 };
const due: Input = { name: 'retry-due' };

describe('a send', () => {
  it('goes out at once when it carries nothing', () => {
    expect(run(send)).toEqual([{ name: 'sending', tries: 1 }, [{ name: 'start-request' }]]);
    expect(run(send, { name: 'accepted' })[0].name).toBe('sent');
  });

  it('waits for its files, and tells how far they are', () => {
    const now = { loaded: 5, total: 10, secondsLeft: 3, paused: false };
    expect(run(sendFiles)[1]).toEqual([{ name: 'gather' }]);
    expect(run(sendFiles, { name: 'progress', ...now })[0]).toEqual({ name: 'gathering', ...now });
    expect(run(sendFiles, { name: 'gathered' })).toEqual([
      { name: 'sending', tries: 1 },
      [{ name: 'stop-gathering' }, { name: 'start-request' }],
    ]);
  });

  it('fails with a file that is refused, and gathers anew when asked to', () => {
    const refused: Input = { name: 'refused', sentence: 'No picture.', code: 'media.lying' };
    expect(run(sendFiles, refused)).toEqual([
      { name: 'failed', sentence: 'No picture.', code: 'media.lying' },
      [{ name: 'stop-gathering' }],
    ]);
    expect(run(sendFiles, refused, sendFiles)[1]).toEqual([{ name: 'gather' }]);
    expect(run(sendFiles, { name: 'cancel' })[1]).toEqual([{ name: 'stop-gathering' }, { name: 'forget' }]);
  });

  it('tries again by itself when the answer is lost, then gives the choice back', () => {
    expect(run(send, lost)).toEqual([
      { name: 'waiting', tries: 1, delayMs: 1000, lost: true },
      [{ name: 'start-retry', delayMs: 1000 }],
    ]);
    const delays = [1, 2, 3, 4, 5, 6].map(
      (tries) => run(send, ...Array(tries).fill([lost, due]).flat().slice(0, -1))[0],
    );
    expect(delays.map((state) => state.name === 'waiting' && state.delayMs)).toEqual([
      1000, 2000, 4000, 8000, 15_000, 15_000,
    ]);
    const [state] = run(send, lost, due, lostTooLong);
    expect(state).toEqual({ name: 'failed', sentence: 'No answer.', code: 'network' });
    expect(run(send, lost, due, lostTooLong, send)[0].name).toBe('sending');
  });

  it('does not repeat what was refused', () => {
    const [state, effects] = run(send, { name: 'refused', sentence: 'Too long.', code: 'form.invalid' });
    expect(state).toEqual({ name: 'failed', sentence: 'Too long.', code: 'form.invalid' });
    expect(effects).toEqual([]);
  });

  it('waits as the server asks, within reason', () => {
    const wait = (delayMs: number): Input => ({ name: 'told-to-wait', delayMs, sentence: 'Slow.', code: 'rate' });
    expect(run(send, wait(2000))[0]).toEqual({ name: 'waiting', tries: 1, delayMs: 2000, lost: false });
    expect(run(send, wait(60_000))[0].name).toBe('failed');
  });

  it('goes out as soon as the server is back, unless it was told to wait', () => {
    const back: Input = { name: 'server-back' };
    const wait: Input = { name: 'told-to-wait', delayMs: 2000, sentence: 'Slow.', code: 'rate' };
    expect(run(send, lost, back)[1]).toEqual([{ name: 'stop-retry' }, { name: 'start-request' }]);
    expect(run(send, wait, back)[0].name).toBe('waiting');
    expect(run(send, back)[0].name).toBe('sending');
  });

  it('can be cancelled at every moment before it is accepted', () => {
    const cancel: Input = { name: 'cancel' };
    expect(run(cancel)[1]).toEqual([{ name: 'forget' }]);
    expect(run(send, cancel)[1]).toEqual([{ name: 'abort-request' }, { name: 'withdraw' }, { name: 'forget' }]);
    expect(run(send, lost, cancel)[1]).toEqual([{ name: 'stop-retry' }, { name: 'withdraw' }, { name: 'forget' }]);
    expect(run(send, lostTooLong, cancel)[1]).toEqual([{ name: 'withdraw' }, { name: 'forget' }]);
    expect(run(send, { name: 'accepted' }, cancel)[0].name).toBe('sent');
  });
});
