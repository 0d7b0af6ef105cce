import { describe, expect, it } from 'vitest';
import { type Effect, IDLE, type Input, retryDelay, type State, step } from './machine';

const run = (inputs: Input[], from: State = IDLE): [State, Effect[]] => {
  let state = from;
  let effects: Effect[] = [];
  for (const input of inputs) {
    const [next, out] = step(state, input, 0.5);
    state = next;
    effects = [...out];
  }
  return [state, effects];
};

const hello: Input = { name: 'hello', intervalMs: 40_000 };
const ready: Input = { name: 'dispatch', type: 'READY', sequence: 1, data: { session_id: 's1' } };
const message: Input = { name: 'dispatch', type: 'MESSAGE_CREATE', sequence: 2, data: {} };
const up: Input[] = [{ name: 'start' }, hello, ready];

describe('the connection', () => {
  it('identifies after HELLO and is ready after READY', () => {
    expect(run([{ name: 'start' }])).toEqual([
      { name: 'connecting', attempt: 0, resumable: null },
      [{ name: 'open-socket' }],
    ]);
    const [, effects] = run([{ name: 'start' }, hello]);
    expect(effects).toEqual([{ name: 'start-heartbeat', intervalMs: 40_000, firstMs: 20_000 }, { name: 'identify' }]);
    expect(run(up)[0]).toEqual({ name: 'ready', resumable: { sessionId: 's1', sequence: 1 }, acked: true });
  });

  it('resumes from the last sequence after a drop', () => {
    const [, effects] = run([...up, message, { name: 'closed', code: 1006 }, { name: 'retry-due' }, hello]);
    expect(effects[1]).toEqual({ name: 'resume', resumable: { sessionId: 's1', sequence: 2 } });
  });

  it('counts dispatches replayed before RESUMED, so a second drop loses nothing', () => {
    const [, effects] = run([
      ...up,
      { name: 'closed', code: 1006 },
      { name: 'retry-due' },
      hello,
      message,
      { name: 'closed', code: 1006 },
      { name: 'retry-due' },
      hello,
    ]);
    expect(effects[1]).toEqual({ name: 'resume', resumable: { sessionId: 's1', sequence: 2 } });
  });

  it('identifies anew when the session is lost', () => {
    for (const end of [
      { name: 'session-invalid', resumable: false },
      { name: 'closed', code: 4009 },
    ] as Input[]) {
      const [, effects] = run([...up, end, { name: 'retry-due' }, hello]);
      expect(effects[1]).toEqual({ name: 'identify' });
    }
  });

  it('drops a connection whose heartbeat was not answered', () => {
    const due: Input = { name: 'heartbeat-due' };
    const [state, effects] = run([...up, due, due]);
    expect(state.name).toBe('waiting');
    expect(effects[0]).toEqual({ name: 'close-socket', code: 4900 });
    expect(run([...up, due, { name: 'heartbeat-acked' }, due])[0].name).toBe('ready');
  });

  it('does not retry what was refused', () => {
    const [state, effects] = run([...up, { name: 'closed', code: 4004 }, { name: 'retry-due' }]);
    expect(state).toEqual({ name: 'refused', reason: 'signed-out' });
    expect(effects).toEqual([]);
    expect(run([...up, { name: 'closed', code: 4004 }])[1]).toContainEqual({ name: 'signed-out' });
  });

  it('waits for the network instead of retrying without one', () => {
    const lost = run([...up, { name: 'network-lost' }]);
    expect(lost[0]).toEqual({ name: 'offline', resumable: { sessionId: 's1', sequence: 1 } });
    expect(run([{ name: 'network-back' }], lost[0])[0].name).toBe('connecting');
  });

  it('retries ever more slowly within bounds', () => {
    expect(retryDelay(0, 0)).toBe(500);
    expect(retryDelay(3, 0)).toBe(4000);
    expect(retryDelay(99, 0)).toBe(20_000);
    expect(retryDelay(99, 1)).toBe(10_000);
  });

  it('ignores inputs that a state does not know', () => {
    expect(step(IDLE, { name: 'heartbeat-due' }, 0)).toEqual([IDLE, []]);
  });
});
