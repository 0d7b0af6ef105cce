import { describe, expect, it } from 'vitest';
import {
  BEGIN,
  FOUND,
  type FileEffect,
  type FileInput,
  type FileState,
  hasArrived,
  isOnItsWay,
  stepFile,
} from './file';

const follow = (first: FileState, ...inputs: FileInput[]): [FileState, string[]] => {
  let state = first;
  let effects: readonly FileEffect[] = [];
  for (const input of inputs) [state, effects] = stepFile(state, input);
  return [state, effects.map((effect) => effect.name)];
};
const run = (...inputs: FileInput[]) => follow(BEGIN[0], ...inputs);
const half: FileInput = { name: 'progress', loaded: 50 };
const lost: FileInput = { name: 'lost' };
const due: FileInput = { name: 'due' };
const refused: FileInput = { name: 'refused', sentence: 'No picture.', code: 'media.lying', gone: false };
const gone: FileInput = { name: 'refused', sentence: 'Unknown.', code: 'media.upload_unknown', gone: true };

describe('a file on its way', () => {
  it('travels as soon as it is chosen', () => {
    expect(BEGIN[1]).toEqual([{ name: 'travel' }]);
  });

  it('is watched at the server once all of it is there', () => {
    expect(run(half, { name: 'arrived' })).toEqual([{ name: 'processing', progress: 0 }, ['watch']]);
    expect(run({ name: 'arrived' }, { name: 'processed', progress: 40 })[0]).toEqual({
      name: 'processing',
      progress: 40,
    });
    expect(run({ name: 'arrived' }, { name: 'ready' })[0].name).toBe('ready');
  });

  it('keeps what arrived when it is paused, and goes on from there', () => {
    expect(run(half, { name: 'pause' })).toEqual([{ name: 'paused', loaded: 50 }, ['halt']]);
    expect(run(half, { name: 'pause' }, { name: 'resume' })).toEqual([
      { name: 'travelling', tries: 1, loaded: 50 },
      ['travel'],
    ]);
    expect(run(half, { name: 'pause' }, { name: 'server-back' })[0].name).toBe('paused');
  });

  it('goes on by itself however often the way breaks off', () => {
    const waits: number[] = [];
    let state = BEGIN[0];
    for (let tries = 0; tries < 7; tries++) {
      const [next, effects] = stepFile(state, lost);
      for (const effect of effects) if (effect.name === 'start-wait') waits.push(effect.delayMs);
      [state] = stepFile(next, due);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(follow(state, half, lost)[0]).toEqual({ name: 'waiting', tries: 1, loaded: 50, lost: true });
  });

  it('goes on at once when the server is back, unless it was told to wait', () => {
    expect(run(lost, { name: 'server-back' })[1]).toEqual(['stop-wait', 'travel']);
    expect(run({ name: 'told-to-wait', delayMs: 9 }, { name: 'server-back' })[0].name).toBe('waiting');
    expect(run({ name: 'told-to-wait', delayMs: 9 }, { name: 'resume' })[0].name).toBe('travelling');
  });

  it('is not sent again by itself when the server refuses it, nor at all once its bytes were looked at', () => {
    expect(run(refused)[0]).toMatchObject({ name: 'refused', sentence: 'No picture.', again: true });
    expect(run(refused, { name: 'server-back' })[0].name).toBe('refused');
    expect(run(refused, { name: 'resume' })[0].name).toBe('travelling');
    const [judged, effects] = run({ name: 'arrived' }, refused);
    expect([judged, effects]).toEqual([{ ...judged, again: false }, ['stop-watch']]);
    expect(follow(judged, { name: 'resume' })[0]).toBe(judged);
  });

  it('begins anew where the server knows nothing of it, but not for ever', () => {
    expect(run(half, gone)).toEqual([{ name: 'travelling', tries: 2, loaded: 0 }, ['forget-address', 'travel']]);
    const [state] = run(gone, gone, gone);
    expect(state).toMatchObject({ name: 'refused', again: true });
    expect(follow(state, { name: 'resume' })[1]).toEqual(['travel']);
  });

  it('can be removed at every moment, from the server too', () => {
    const remove: FileInput = { name: 'remove' };
    expect(run(remove)).toEqual([{ name: 'removed' }, ['halt', 'withdraw']]);
    expect(run(lost, remove)[1]).toEqual(['stop-wait', 'withdraw']);
    expect(run({ name: 'pause' }, remove)[1]).toEqual(['withdraw']);
    expect(run({ name: 'arrived' }, remove)[1]).toEqual(['stop-watch', 'withdraw']);
    expect(run(refused, remove)[0].name).toBe('removed');
    expect(run(remove, { name: 'resume' })[0].name).toBe('removed');
  });

  it('may be named by a message once all of it has arrived', () => {
    expect([BEGIN[0], FOUND[0]].map(hasArrived)).toEqual([false, true]);
    expect([run(lost)[0], run({ name: 'pause' })[0], run(refused)[0]].map(isOnItsWay)).toEqual([true, true, false]);
  });
});
