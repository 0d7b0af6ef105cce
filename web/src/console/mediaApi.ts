import { CLIENT_HEADER } from '~/api/client';
import { ApiError, errorFrom } from '~/api/errors';
import { t } from '~/text';
import type { MediaReport } from './mediaWire';

const ROOT = '/api/operator/media';

/** Ask about media. Raises ApiError. */
export async function ask<T>(method: string, path = '', body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: [[...CLIENT_HEADER]],
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, 'network', t('error.network'));
  }
  const answer = await response.json().catch(() => undefined);
  if (response.ok) return answer as T;
  throw errorFrom(response.status, answer, response.headers.get('Retry-After'), t('error.unexpected'));
}

/** What the console asks about media, and does. Raises ApiError. */
export const media = {
  report: () => ask<MediaReport>('GET'),
  requeue: (job: string) => ask<object>('POST', `/jobs/${job}/requeue`),
  drop: (job: string) => ask<object>('DELETE', `/jobs/${job}`),
};
