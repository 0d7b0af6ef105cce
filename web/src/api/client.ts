import { t } from '~/text';
import { ApiError, errorFrom } from './errors';

export const API_ROOT = '/api/v10';

/** Sent with everything that changes something, so that no foreign page can make the browser do it. */
export const CLIENT_HEADER = ['X-Hubbub-Client', 'web'] as const;

/** A 429 that asks for more patience than this is shown instead of waited for. */
const LONGEST_WAIT_S = 5;
const TRIES = 3;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface RequestOptions {
  body?: unknown;
  query?: Record<string, string | number | undefined>;
  signal?: AbortSignal;
}

/**
 * Send one request to the API and return its JSON, or undefined for an empty answer.
 *
 * Raises ApiError. A short rate limit is waited out, since the server did nothing yet.
 */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await once<T>(method, path, options);
    } catch (error) {
      const wait = error instanceof ApiError && error.status === 429 ? error.retryAfterS : null;
      if (wait === null || wait > LONGEST_WAIT_S || tries >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000 + 50));
    }
  }
}

async function once<T>(method: Method, path: string, options: RequestOptions): Promise<T> {
  const headers: Record<string, string> = {};
  if (method !== 'GET') headers[CLIENT_HEADER[0]] = CLIENT_HEADER[1];
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  if (options.signal) init.signal = options.signal;
  let response: Response;
  try {
    response = await fetch(API_ROOT + path + queryString(options.query), init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'network', t('error.network'));
  }
  const body = await readJson(response);
  if (response.ok) return body as T;
  throw errorFrom(response.status, body, response.headers.get('Retry-After'), t('error.unexpected'));
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function queryString(query: RequestOptions['query']): string {
  if (!query) return '';
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
