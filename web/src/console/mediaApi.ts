import { CLIENT_HEADER } from '~/api/client';
import { ApiError, errorFrom } from '~/api/errors';
import { t } from '~/text';
import type { MediaReport } from './mediaWire';

const ROOT = '/api/operator/media';

async function ask<T>(method: string, path = ''): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}`, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: [[...CLIENT_HEADER]],
    });
  } catch {
    throw new ApiError(0, 'network', t('error.network'));
  }
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  throw errorFrom(response.status, body, response.headers.get('Retry-After'), t('error.unexpected'));
}

/** What the console asks about media, and does. Raises ApiError. */
export const media = {
  report: () => ask<MediaReport>('GET'),
  requeue: (job: string) => ask<object>('POST', `/jobs/${job}/requeue`),
  drop: (job: string) => ask<object>('DELETE', `/jobs/${job}`),
};
