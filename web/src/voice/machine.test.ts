import { describe, expect, it } from 'vitest';
import { type Effect, IDLE, type Input, isIn, type Place, retryDelay, type Server, type State, step } from './machine';

const LOUNGE: Place = { guildId: '5', channelId: '7' };
const STAGE: Place = { guildId: '5', channelId: '8' };
const ABROAD: Place = { guildId: '6', channelId: '9' };
const SERVER: Server = { endpoint: 'voice.example', token: 'a' };
const OTHER: Server = { endpoint: 'other.example', token: 'b' };

const told = (server: Server | null = SERVER, guildId = '5'): Input => ({ name: 'server-told', guildId, server });
const placed = (place: Place | null, mine = true): Input => ({ name: 'placed', place, mine });

function run(inputs: readonly Input[], from: State = IDLE): readonly [State, Effect[]] {
  let state = from;
  const done: Effect[] = [];
  for (const input of inputs) {
    const [next, effects] = step(state, input, 0);
    state = next;
    done.push(...effects);
  }
  return [state, done];
}

const JOIN: Input = { name: 'join', place: LOUNGE };
const joining: Input[] = [JOIN, placed(LOUNGE), told(), { name: 'room-open' }];
const connected = run(joining)[0];
const names = (effects: readonly Effect[]) => effects.map((effect) => effect.name);

describe('a call', () => {
  it('asks the gateway, connects to the server it is told, and sounds once it is in', () => {
    const [state, effects] = run(joining);
    expect(state).toEqual({ name: 'connected', place: LOUNGE, server: SERVER });
    expect(names(effects)).toEqual(['tell', 'start-patience', 'stop-patience', 'close-room', 'open-room', 'sound']);
  });

  it('needs no word of its place when the server comes first', () => {
    expect(run([JOIN, told(), placed(LOUNGE), { name: 'room-open' }])[0].name).toBe('connected');
  });

  it('asks a second time before it says that nobody answers', () => {
    const late: Input = { name: 'patience-over' };
    const asked = run([JOIN, late]);
    expect(names(asked[1])).toEqual(['tell', 'start-patience', 'tell', 'start-patience']);
    const [state, effects] = run([late, { name: 'retry-due' }, late], asked[0]);
    expect(state).toEqual({ name: 'failed', place: LOUNGE, problem: 'unanswered' });
    expect(effects).toContainEqual({ name: 'tell', guildId: '5', channelId: null });
    expect(names(effects)).toContain('release');
  });

  it('ignores servers of other guilds', () => {
    expect(run([JOIN, told(SERVER, '6')])[0].name).toBe('asking');
  });

  it('leaves: media, devices and place', () => {
    const [state, effects] = run([{ name: 'leave' }], connected);
    expect(state).toEqual(IDLE);
    expect(effects).toContainEqual({ name: 'tell', guildId: '5', channelId: null });
    expect(names(effects)).toEqual(expect.arrayContaining(['close-room', 'release']));
  });

  it('goes to another channel without leaving the guild first', () => {
    const [state, effects] = run([{ name: 'join', place: STAGE }], connected);
    expect(state).toMatchObject({ name: 'asking', place: STAGE });
    expect(effects.filter((effect) => effect.name === 'tell')).toEqual([
      { name: 'tell', guildId: '5', channelId: '8' },
    ]);
    expect(names(effects)).not.toContain('release');
  });

  it('leaves one guild before it joins in another', () => {
    const [, effects] = run([{ name: 'join', place: ABROAD }], connected);
    expect(effects.filter((effect) => effect.name === 'tell')).toEqual([
      { name: 'tell', guildId: '5', channelId: null },
      { name: 'tell', guildId: '6', channelId: '9' },
    ]);
  });

  it('stays where it is when asked to join where it is', () => {
    expect(run([JOIN], connected)).toEqual([connected, []]);
  });

  it('tells what is muted, and keeps the media when the gateway answers with a fresh token', () => {
    const [state, effects] = run(
      [{ name: 'flags-changed' }, placed(LOUNGE), told({ ...SERVER, token: 'z' })],
      connected,
    );
    expect(state.name).toBe('connected');
    expect(names(effects)).toEqual(['tell']);
  });

  it('follows when a moderator moves the person', () => {
    const [state, effects] = run([placed(STAGE), told(), { name: 'room-open' }], connected);
    expect(state).toEqual({ name: 'connected', place: STAGE, server: SERVER });
    expect(names(effects)).not.toContain('tell');
  });

  it('follows also when the old media ends before the move is told', () => {
    const [parting, effects] = run([{ name: 'room-closed', reason: 'removed' }], connected);
    expect(parting.name).toBe('parting');
    expect(names(effects)).not.toContain('release');
    expect(names(effects)).not.toContain('tell');
    expect(run([placed(STAGE), told(), { name: 'room-open' }], parting)[0]).toMatchObject({
      name: 'connected',
      place: STAGE,
    });
  });

  it('waits for the gateway before it says that a moderator ended it', () => {
    const parting = run([{ name: 'room-closed', reason: 'removed' }], connected)[0];
    for (const input of [placed(null), { name: 'patience-over' } as const]) {
      expect(run([input], parting)[0]).toMatchObject({ name: 'failed', problem: 'removed' });
    }
    expect(run([JOIN], parting)[0].name).toBe('asking');
  });

  it('says when a moderator ended it', () => {
    const [state, effects] = run([placed(null)], connected);
    expect(state).toEqual({ name: 'failed', place: LOUNGE, problem: 'removed' });
    expect(effects.some((effect) => effect.name === 'tell')).toBe(false);
  });

  it('gives way to another session of the person, and does not throw that one out', () => {
    for (const input of [placed(STAGE, false), { name: 'room-closed', reason: 'elsewhere' } as const]) {
      const [state, effects] = run([input], connected);
      expect(state).toMatchObject({ name: 'failed', problem: 'elsewhere' });
      expect(names(effects)).not.toContain('tell');
    }
  });

  it('takes no notice of an earlier leaving while it asks', () => {
    expect(run([JOIN, placed(null)])[0].name).toBe('asking');
  });
});

describe('a call that is cut', () => {
  it('lets the media client mend short cuts', () => {
    const cut = run([{ name: 'room-restoring' }], connected)[0];
    expect(cut.name).toBe('restoring');
    expect(isIn(cut)).toBe(true);
    expect(run([{ name: 'room-restored' }], cut)[0]).toEqual(connected);
  });

  it('takes what a gateway offers that came back before the media did', () => {
    const cut = run([{ name: 'room-restoring' }], connected)[0];
    const [state, effects] = run([{ name: 'gateway-ready', anew: true }, told()], cut);
    expect(state).toMatchObject({ name: 'connecting', joined: true });
    expect(names(effects)).toEqual(['tell', 'stop-patience', 'close-room', 'open-room']);
  });

  it('asks anew for what the media client gave up, for as long as it takes', () => {
    let state = run([{ name: 'room-closed', reason: 'lost' }], connected)[0];
    for (let tries = 0; tries < 12; tries++) {
      expect(state).toMatchObject({ name: 'waiting', joined: true });
      state = run(
        [{ name: 'retry-due' }, told(), { name: 'room-refused', problem: 'unreachable', again: true }],
        state,
      )[0];
    }
    expect(run([{ name: 'retry-due' }, told(), { name: 'room-open' }], state)[0]).toEqual(connected);
  });

  it('moves to the server that takes over', () => {
    const [state, effects] = run([told(OTHER)], connected);
    expect(state).toMatchObject({ name: 'connecting', server: OTHER, joined: true });
    expect(names(effects)).toEqual(['stop-patience', 'close-room', 'open-room']);
  });

  it('waits for another server when its own went away', () => {
    const gone = run([told(null)], connected)[0];
    expect(gone).toMatchObject({ name: 'asking', joined: true });
    expect(run([told(OTHER), { name: 'room-open' }], gone)[0]).toMatchObject({ name: 'connected', server: OTHER });
  });

  it('keeps talking while the gateway is away, and says where it is when the gateway forgot', () => {
    expect(run([{ name: 'gateway-ready', anew: false }], connected)).toEqual([connected, []]);
    expect(run([{ name: 'gateway-ready', anew: true }], connected)).toEqual([
      connected,
      [{ name: 'tell', guildId: '5', channelId: '7' }],
    ]);
  });

  it('asks at once when the gateway is back', () => {
    const waiting = run([{ name: 'room-closed', reason: 'lost' }], connected)[0];
    const [state, effects] = run([{ name: 'gateway-ready', anew: false }], waiting);
    expect(state.name).toBe('asking');
    expect(names(effects)).toEqual(['stop-retry', 'tell', 'start-patience']);
  });
});

describe('a call that does not come about', () => {
  it('gives a first join up after three tries', () => {
    const refused: Input = { name: 'room-refused', problem: 'unreachable', again: true };
    const [state, effects] = run([
      JOIN,
      told(),
      refused,
      { name: 'retry-due' },
      told(),
      refused,
      { name: 'retry-due' },
      told(),
      refused,
    ]);
    expect(state).toEqual({ name: 'failed', place: LOUNGE, problem: 'unreachable' });
    expect(effects.filter((effect) => effect.name === 'open-room')).toHaveLength(3);
  });

  it('does not insist where it is refused', () => {
    const [state] = run([JOIN, told(), { name: 'room-refused', problem: 'full', again: false }]);
    expect(state).toMatchObject({ name: 'failed', problem: 'full' });
    expect(isIn(state)).toBe(false);
  });

  it('can be tried again, or put away', () => {
    const failed: State = { name: 'failed', place: LOUNGE, problem: 'full' };
    expect(run([JOIN], failed)[0].name).toBe('asking');
    expect(run([{ name: 'leave' }], failed)[0]).toEqual(IDLE);
  });

  it('retries ever more slowly within bounds', () => {
    expect(retryDelay(0, 0)).toBe(400);
    expect(retryDelay(99, 0)).toBe(10_000);
    expect(retryDelay(99, 1)).toBe(5_000);
  });

  it('ignores inputs that a state does not know', () => {
    expect(step(IDLE, { name: 'room-open' }, 0)).toEqual([IDLE, []]);
  });
});
