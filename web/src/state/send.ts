import { untrack } from 'solid-js';
import { produce, unwrap } from 'solid-js/store';
import { messages as api } from '~/api/calls';
import { API_ROOT, CLIENT_HEADER } from '~/api/client';
import { errorFrom } from '~/api/errors';
import { idAt, newNonce } from '~/api/snowflake';
import { type Message, MessageFlag, MessageType, type Snowflake } from '~/api/wire';
import { t } from '~/text';
import { hasArrived, isOnItsWay } from '~/upload/file';
import { type Effect, type Input, READY, type State, step } from '~/upload/machine';
import { post } from '~/upload/transfer';
import { type MessageEntry, setStore, store } from './store';
import type { Upload } from './uploads';
import { addPending, dropMessage, pendingKey, receiveMessage } from './timeline';

/** What the composer hands over. */
export interface Draft {
  content: string;
  files: readonly Upload[];
  replyTo: MessageEntry | null;
  /** Whether a reply also notifies its author. */
  pingReply: boolean;
}

interface Send {
  key: string;
  channelId: Snowflake;
  nonce: string;
  /** When somebody last asked for it, in milliseconds since the page opened. */
  since: number;
  draft: Draft;
  state: State;
  abort: (() => void) | null;
  retry: ReturnType<typeof setTimeout> | undefined;
  /** Ends the watch over files that are still to come. */
  stopGathering: () => void;
}

const sends = new Map<string, Send>();

/** Nonces of sends that were stopped when they might have arrived already; the oldest are let go of first. */
const withdrawn = new Set<string>();
const WITHDRAWN_MAX = 100;

// Text and files of a message that is not sent are in this page alone.
addEventListener('beforeunload', (event) => {
  if (sends.size > 0) event.preventDefault();
});

/** Show `draft` in the channel at once and send it; everything further happens on the message. */
export function sendMessage(channelId: Snowflake, draft: Draft): void {
  const me = store.me;
  if (!me) return;
  const nonce = newNonce();
  const key = pendingKey(nonce);
  const files = draft.files.map(({ name, size, previewUrl, voice, description }) => ({
    name,
    size,
    previewUrl,
    description: description(),
    voice: voice !== null,
  }));
  const idle = { abort: null, retry: undefined, stopGathering: () => {} };
  const send: Send = { key, channelId, nonce, since: performance.now(), draft, state: READY, ...idle };
  sends.set(key, send);
  const reply = draft.replyTo;
  addPending({
    key,
    id: idAt(Date.now()),
    channel_id: channelId,
    author: { ...unwrap(me) },
    content: draft.content,
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
    type: reply ? MessageType.Reply : MessageType.Default,
    ...(reply
      ? { message_reference: { message_id: reply.id }, referenced_message: structuredClone(unwrap(reply)) }
      : {}),
    send: { ...READY },
    files,
  });
  feed(send, { name: 'send', files: files.length > 0 });
}

/** Send again what failed, or what waits to be tried again. */
export function retrySend(key: string): void {
  const send = sends.get(key);
  if (!send) return;
  send.since = performance.now();
  feed(send, { name: 'send', files: send.draft.files.length > 0 });
}

/** Let the files of a send wait, or go on. */
export function pauseSend(key: string, paused: boolean): void {
  for (const upload of sends.get(key)?.draft.files ?? []) paused ? upload.pause() : upload.resume();
}

/** Stop a send that is under way, or discard one that failed. Returns its draft, to be kept if wanted. */
export function cancelSend(key: string): Draft | null {
  const send = sends.get(key);
  if (!send) return null;
  feed(send, { name: 'cancel' });
  return send.draft;
}

/** The connection is back: what got no answer meanwhile goes out now, in the order in which it was written. */
export function hurrySends(): void {
  for (const send of sends.values()) feed(send, { name: 'server-back' });
}

/** Stop every send to a channel that is gone, or that the person may not see any more. */
export function cancelSends(channelId: Snowflake): void {
  for (const send of [...sends.values()]) if (send.channelId === channelId) feed(send, { name: 'cancel' });
}

/** Forget everything that is being sent: the person signed out. */
export function forgetSends(): void {
  for (const send of sends.values()) {
    clearTimeout(send.retry);
    send.abort?.();
    send.stopGathering();
  }
  sends.clear();
  withdrawn.clear();
}

/** Delete a message whose send was stopped too late, and return whether it is one. Shown only if it must stay. */
export function takeBack(message: Message): boolean {
  if (message.author.id !== store.me?.id || !withdrawn.delete(String(message.nonce))) return false;
  api.remove(message.channel_id, message.id).catch(() => receiveMessage(message));
  return true;
}

/** The gateway may tell of a message before its request is answered; then the send is over. */
export function settleByNonce(message: Message): void {
  if (message.nonce === undefined) return;
  const send = sends.get(pendingKey(String(message.nonce)));
  if (send && message.author.id === store.me?.id) finish(send);
}

function feed(send: Send, input: Input): void {
  const [state, effects] = step(send.state, input);
  send.state = state;
  if (store.messages[send.key]?.send)
    setStore(
      'messages',
      send.key,
      produce((entry) => void (entry.send = { ...state })),
    );
  for (const effect of effects) perform(send, effect);
}

function perform(send: Send, effect: Effect): void {
  switch (effect.name) {
    case 'gather':
      return gather(send);
    case 'stop-gathering':
      return send.stopGathering();
    case 'start-request':
      return start(send);
    case 'abort-request':
      return send.abort?.();
    case 'start-retry':
      send.retry = setTimeout(() => feed(send, { name: 'retry-due' }), effect.delayMs);
      return;
    case 'stop-retry':
      return clearTimeout(send.retry);
    case 'withdraw':
      for (const oldest of withdrawn) if (withdrawn.size >= WITHDRAWN_MAX) withdrawn.delete(oldest);
      return void withdrawn.add(send.nonce);
    case 'forget':
      for (const upload of send.draft.files) upload.remove();
      sends.delete(send.key);
      return dropMessage(send.channelId, send.key);
  }
}

/** Watch the files of a send until each is at the server, or one is refused; whatever was paused goes on. */
function gather(send: Send): void {
  const { files } = send.draft;
  const look = () => {
    const refused = files.find((upload) => upload.state().name === 'refused');
    const why = refused?.state();
    if (refused && why?.name === 'refused')
      return feed(send, { name: 'refused', sentence: `${refused.name}: ${why.sentence}`, code: why.code });
    if (files.every((upload) => hasArrived(upload.state()))) {
      send.since = performance.now();
      return feed(send, { name: 'gathered' });
    }
    const left = files.map((upload) => upload.secondsLeft).filter((each) => each !== null);
    feed(send, {
      name: 'progress',
      loaded: files.reduce((sum, upload) => sum + upload.loaded, 0),
      total: files.reduce((sum, upload) => sum + upload.size, 0),
      secondsLeft: left.length > 0 ? Math.max(...left) : null,
      paused: files.every((upload) => !isOnItsWay(upload.state()) || upload.state().name === 'paused'),
    });
  };
  for (const upload of files) if (['paused', 'refused'].includes(upload.state().name)) upload.resume();
  const ends = files.map((upload) => upload.onChange(() => untrack(look)));
  send.stopGathering = () => {
    for (const end of ends) end();
  };
  untrack(look);
}

function start(send: Send): void {
  const url = `${API_ROOT}/channels/${send.channelId}/messages`;
  const lost = () => feed(send, { name: 'lost', sentence: t('error.network'), ageMs: performance.now() - send.since });
  send.abort = post(url, Object.fromEntries([CLIENT_HEADER]), body(send), {
    lost,
    answered: (status, answer, retryAfter) => {
      send.abort = null;
      if (status >= 200 && status < 300) {
        // The gateway was faster, and may have told since of edits, of reactions or that the message is gone.
        if (send.state.name === 'sent') return;
        finish(send);
        return receiveMessage(answer as Message);
      }
      const error = errorFrom(status, answer, retryAfter, t('error.unexpected'));
      const { code, message: sentence, retryAfterS } = error;
      const fields = error.fields.map((field) => field.sentence).join(' ');
      if ((status === 429 || status === 503) && retryAfterS !== null) {
        feed(send, { name: 'told-to-wait', delayMs: retryAfterS * 1000 + 50, sentence, code });
      } else if (status >= 502 && status <= 504) {
        lost(); // a proxy before a server that is away says so
      } else {
        feed(send, { name: 'refused', sentence: fields || sentence, code });
      }
    },
  });
}

function finish(send: Send): void {
  feed(send, { name: 'accepted' });
  clearTimeout(send.retry);
  sends.delete(send.key);
  for (const upload of send.draft.files) upload.release();
}

function body(send: Send): string {
  const { content, files, replyTo, pingReply } = send.draft;
  const payload: Record<string, unknown> = { content, nonce: send.nonce, enforce_nonce: true };
  if (replyTo) {
    payload.message_reference = { message_id: replyTo.id };
    payload.allowed_mentions = { parse: ['users', 'roles', 'everyone'], replied_user: pingReply };
  }
  if (files.length > 0) payload.attachments = files.map(named);
  if (files.some((upload) => upload.voice)) payload.flags = MessageFlag.VoiceMessage;
  return JSON.stringify(payload);
}

/** How a message names a file that is at the server. */
function named(upload: Upload, index: number): Record<string, unknown> {
  const { voice } = upload;
  const description = upload.description().trim();
  return {
    id: String(index),
    filename: upload.sentName,
    uploaded_filename: upload.key,
    ...(description && { description }),
    ...(voice && { duration_secs: voice.durationS, waveform: voice.waveform }),
  };
}
