import { type Effect, IDLE, type Input, type State, step } from './machine';

/** What the executor reports to the rest of the client. */
export interface ConnectionListener {
  onState(state: State): void;
  onDispatch(type: string, data: unknown): void;
  onSignedOut(): void;
}

const Op = {
  Dispatch: 0,
  Heartbeat: 1,
  Identify: 2,
  Presence: 3,
  Voice: 4,
  Resume: 6,
  Reconnect: 7,
  RequestMembers: 8,
  InvalidSession: 9,
  Hello: 10,
  HeartbeatAck: 11,
} as const;

/** Intents 0 to 15: a person's own client hears all that it may see. */
const INTENTS = 0xffff;

/** Where in voice the person wants to be (`channel_id` null: nowhere), and what they send and hear there. */
export interface VoiceWish {
  guild_id: string;
  channel_id: string | null;
  self_mute: boolean;
  self_deaf: boolean;
  self_video: boolean;
  self_stream: boolean;
}

interface Frame {
  op: number;
  d: unknown;
  s: number | null;
  t: string | null;
}

/**
 * Performs the connection machine's effects with a real socket and real timers, one gateway connection at a time.
 *
 * Call `start` once signed in and `stop` at sign-out; everything between happens by itself.
 */
export class Connection {
  #state: State = IDLE;
  #socket: WebSocket | null = null;
  #firstBeat: ReturnType<typeof setTimeout> | undefined;
  #beats: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #status = 'online';

  constructor(
    private readonly url: string,
    private readonly listener: ConnectionListener,
  ) {}

  /** Start connecting and keep connected until `stop`. */
  start(): void {
    addEventListener('online', this.#online);
    addEventListener('offline', this.#offline);
    this.#feed({ name: 'start' });
  }

  /** Close for good. */
  stop(): void {
    removeEventListener('online', this.#online);
    removeEventListener('offline', this.#offline);
    this.#feed({ name: 'stop' });
  }

  /** Try again at once instead of waiting for the next retry. */
  retryNow(): void {
    this.#feed({ name: 'retry-now' });
  }

  /** Tell the gateway the person's own status. Kept for the next IDENTIFY. */
  setStatus(status: string): void {
    if (status === this.#status) return;
    this.#status = status;
    if (this.#state.name === 'ready') this.#send(Op.Presence, this.#presence());
  }

  /** Ask for members of a guild; they arrive as GUILD_MEMBERS_CHUNK dispatches. False when not connected. */
  requestMembers(request: {
    guild_id: string;
    query?: string;
    limit: number;
    user_ids?: string[];
    presences?: boolean;
    nonce?: string;
  }): boolean {
    if (this.#state.name !== 'ready') return false;
    this.#send(Op.RequestMembers, request);
    return true;
  }

  /** Say where in voice the person is, or wants to be. False when not connected. */
  sendVoice(voice: VoiceWish): boolean {
    if (this.#state.name !== 'ready') return false;
    this.#send(Op.Voice, voice);
    return true;
  }

  readonly #online = () => this.#feed({ name: 'network-back' });
  readonly #offline = () => this.#feed({ name: 'network-lost' });

  #feed(input: Input): void {
    const before = this.#state;
    const [state, effects] = step(before, input, Math.random());
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    if (state.name !== before.name) this.listener.onState(state);
  }

  #perform(effect: Effect): void {
    switch (effect.name) {
      case 'open-socket':
        return this.#open();
      case 'close-socket':
        return this.#close(effect.code);
      case 'identify':
        return this.#send(Op.Identify, {
          token: 'session',
          intents: INTENTS,
          properties: { os: navigator.platform || 'web', browser: 'hubbub-web', device: 'hubbub-web' },
          large_threshold: 250,
          presence: this.#presence(),
        });
      case 'resume':
        return this.#send(Op.Resume, {
          token: 'session',
          session_id: effect.resumable.sessionId,
          seq: effect.resumable.sequence,
        });
      case 'beat':
        return this.#send(Op.Heartbeat, effect.sequence);
      case 'start-heartbeat':
        this.#stopHeartbeat();
        this.#firstBeat = setTimeout(() => {
          this.#feed({ name: 'heartbeat-due' });
          this.#beats = setInterval(() => this.#feed({ name: 'heartbeat-due' }), effect.intervalMs);
        }, effect.firstMs);
        return;
      case 'stop-heartbeat':
        return this.#stopHeartbeat();
      case 'start-retry':
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#feed({ name: 'retry-due' }), effect.delayMs);
        return;
      case 'stop-retry':
        return clearTimeout(this.#retry);
      case 'deliver':
        return this.listener.onDispatch(effect.type, effect.data);
      case 'signed-out':
        return this.listener.onSignedOut();
    }
  }

  #presence(): object {
    return { status: this.#status, since: null, activities: [], afk: false };
  }

  #open(): void {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    const current = () => this.#socket === socket;
    socket.onmessage = (event) => {
      if (current() && typeof event.data === 'string') this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (!current()) return;
      this.#socket = null;
      this.#feed({ name: 'closed', code: event.code });
    };
  }

  #close(code: number): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket) socket.close(code);
  }

  #send(op: number, d: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }));
  }

  #receive(text: string): void {
    const frame = JSON.parse(text) as Frame;
    switch (frame.op) {
      case Op.Dispatch:
        return this.#feed({ name: 'dispatch', type: frame.t ?? '', sequence: frame.s ?? 0, data: frame.d });
      case Op.Heartbeat:
        return this.#feed({ name: 'heartbeat-asked' });
      case Op.Reconnect:
        return this.#feed({ name: 'reconnect-asked' });
      case Op.InvalidSession:
        return this.#feed({ name: 'session-invalid', resumable: frame.d === true });
      case Op.Hello:
        return this.#feed({
          name: 'hello',
          intervalMs: (frame.d as { heartbeat_interval: number }).heartbeat_interval,
        });
      case Op.HeartbeatAck:
        return this.#feed({ name: 'heartbeat-acked' });
    }
  }

  #stopHeartbeat(): void {
    clearTimeout(this.#firstBeat);
    clearInterval(this.#beats);
  }
}
