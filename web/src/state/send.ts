import { produce, unwrap } from 'solid-js/store';
import { messages as api } from '~/api/calls';
import { API_ROOT, CLIENT_HEADER } from '~/api/client';
import { errorFrom } from '~/api/errors';
import { idAt, newNonce } from '~/api/snowflake';
import { type Message, MessageType, type Snowflake } from '~/api/wire';
import { t } from '~/text';
import { type Effect, type Input, READY, type State, step } from '~/upload/machine';
import { post } from '~/upload/transfer';
import { type MessageEntry, setStore, store } from './store';
import { addPending, dropMessage, pendingKey, receiveMessage } from './timeline';

/** What the composer hands over. */
export interface Draft {
  content: string;
  files: File[];
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
  /** Object URLs of pictures shown while the message travels. */
  previews: string[];
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
  const files = draft.files.map((file) => ({
    name: file.name,
    size: file.size,
    ...(file.type.startsWith('image/') ? { previewUrl: URL.createObjectURL(file) } : {}),
  }));
  const previews = files.flatMap((file) => file.previewUrl ?? []);
  const since = performance.now();
  const send: Send = { key, channelId, nonce, since, draft, state: READY, abort: null, retry: undefined, previews };
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
  feed(send, { name: 'send' });
}

/** Send again what failed, or what waits to be tried again. */
export function retrySend(key: string): void {
  const send = sends.get(key);
  if (!send) return;
  send.since = performance.now();
  feed(send, { name: 'send' });
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
      revokePreviews(send);
      sends.delete(send.key);
      return dropMessage(send.channelId, send.key);
  }
}

function start(send: Send): void {
  const url = `${API_ROOT}/channels/${send.channelId}/messages`;
  const lost = () => feed(send, { name: 'lost', sentence: t('error.network'), ageMs: performance.now() - send.since });
  send.abort = post(url, Object.fromEntries([CLIENT_HEADER]), body(send), {
    progress: (loaded, total) => feed(send, { name: 'progress', loaded, total }),
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
  setTimeout(() => revokePreviews(send), 10_000);
}

function revokePreviews(send: Send): void {
  for (const url of send.previews) URL.revokeObjectURL(url);
}

function body(send: Send): FormData | string {
  const { content, files, replyTo, pingReply } = send.draft;
  const payload: Record<string, unknown> = { content, nonce: send.nonce, enforce_nonce: true };
  if (replyTo) {
    payload.message_reference = { message_id: replyTo.id };
    payload.allowed_mentions = { parse: ['users', 'roles', 'everyone'], replied_user: pingReply };
  }
  if (files.length === 0) return JSON.stringify(payload);
  payload.attachments = files.map((file, id) => ({ id, filename: file.name }));
  const form = new FormData();
  form.append('payload_json', new Blob([JSON.stringify(payload)], { type: 'application/json' }));
  files.forEach((file, index) => {
    form.append(`files[${index}]`, file, file.name);
  });
  return form;
}
