import { ApiError, errorFrom } from '~/api/errors';
import { t } from '~/text';
import type { FileInput } from './file';

/** What becomes of a request; exactly one of `answered` and `lost` is called unless it is aborted. */
export interface RequestListener {
  answered(status: number, body: unknown, retryAfter: string | null): void;
  lost(): void;
}

/** A network that swallows everything gives no error. */
const TIMEOUT_MS = 20_000;

/** POST `body`, JSON, and tell what became of it; returns a function that aborts. */
export function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  listener: RequestListener,
): () => void {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const send = async () => {
    const init = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body, signal };
    const answer = await fetch(url, { ...init, credentials: 'same-origin', cache: 'no-store' });
    const told: unknown = await answer.json().catch(() => undefined);
    if (!stop.signal.aborted) listener.answered(answer.status, told, answer.headers.get('Retry-After'));
  };
  send().catch(() => stop.signal.aborted || listener.lost());
  return () => stop.abort();
}

/** No byte moved for so long: the connection is dead, whatever the browser thinks of it. */
const SILENCE_MS = 25_000;
/** The same once all has left: a large file is written to its end before the answer comes. */
const LAST_SILENCE_MS = 120_000;

/** Send what is missing of `file` to its address by tus, and tell of it; returns a function that stops. */
export function travel(file: File, url: string, tell: (input: FileInput) => void): () => void {
  let over = false;
  let stop = () => {};
  let silence: ReturnType<typeof setTimeout> | undefined;
  const end = (input: FileInput | null) => {
    if (over) return;
    over = true;
    clearTimeout(silence);
    stop();
    if (input) tell(input);
  };
  const heard = (loaded: number) => {
    clearTimeout(silence);
    silence = setTimeout(() => end({ name: 'lost' }), loaded < file.size ? SILENCE_MS : LAST_SILENCE_MS);
  };
  const begin = async () => {
    const { Upload } = await import('tus-js-client');
    if (over) return;
    const upload = new Upload(file, {
      uploadUrl: url,
      // Our own table says when to try again: it knows when the server is back, and shows that it waits.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onProgress: (loaded) => {
        if (over) return;
        heard(loaded);
        tell({ name: 'progress', loaded });
      },
      onSuccess: () => end({ name: 'arrived' }),
      onError: (error) => end(outcome(error)),
    });
    stop = () => void upload.abort().catch(() => undefined);
    upload.start();
  };
  heard(0);
  begin().catch(() => end({ name: 'lost' }));
  return () => end(null);
}

/** What an error of the tus client means for the file. */
function outcome(error: unknown): FileInput {
  const answer = (error as { originalResponse?: TusAnswer | null }).originalResponse;
  if (!answer) return { name: 'lost' };
  let body: unknown;
  try {
    body = JSON.parse(answer.getBody());
  } catch {
    body = undefined;
  }
  return refusal(errorFrom(answer.getStatus(), body, answer.getHeader('Retry-After') ?? null, t('error.unexpected')));
}
interface TusAnswer {
  getStatus(): number;
  getBody(): string;
  getHeader(name: string): string | undefined;
}

/** The address is wrong, over, or its token is. */
const GONE = new Set([401, 403, 404, 410]);
/** Another connection still writes, or wrote further: asking where to go on settles it. */
const AGAIN = new Set([408, 409, 423]);

/** What an answer of the server to one step of an upload means for the file. */
export function refusal(error: ApiError): FileInput {
  const { status, code, retryAfterS } = error;
  const sentence = error.fields.map((field) => field.sentence).join(' ') || error.message;
  if ((status === 429 || status === 503) && retryAfterS !== null)
    return { name: 'told-to-wait', delayMs: retryAfterS * 1000 + 50 };
  if (status === 0 || AGAIN.has(status) || status >= 500) return { name: 'lost' };
  return { name: 'refused', sentence, code, gone: GONE.has(status) };
}

/** What the server tells of an upload. */
interface Told {
  state: 'uploading' | 'processing' | 'ready' | 'parked';
  progress?: number;
  code?: string;
  message?: string;
}

/** The server answers so late as long as there is nothing new to tell but progress. */
const WAIT_S = 2;

/** Ask how far the server is with a file; `lost` when it does not say. */
export async function lookAfter(url: string): Promise<FileInput> {
  let answer: Response;
  try {
    answer = await fetch(`${url}${url.includes('?') ? '&' : '?'}wait=${WAIT_S}`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    return { name: 'lost' };
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) return refusal(errorFrom(answer.status, body, answer.headers.get('Retry-After'), t('upload.gone')));
  const told = body as Told;
  if (told.state === 'ready') return { name: 'ready' };
  if (told.state === 'parked')
    return { name: 'refused', sentence: told.message ?? '', code: told.code ?? '', gone: false };
  return { name: 'processed', progress: told.progress ?? 0 };
}

/** Take an upload away from the server; what it keeps all the same, it lets go of by itself. */
export function withdraw(url: string): void {
  void fetch(url, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } }).catch(() => undefined);
}

export const asRefusal = (error: unknown): FileInput => (error instanceof ApiError ? refusal(error) : { name: 'lost' });
