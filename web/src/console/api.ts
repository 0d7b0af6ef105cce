import { ApiError, errorFrom } from '~/api/errors';
import { t } from '~/text';
import type { CallDetail, CallPage, Timeline } from './wire';

const ROOT = '/api/operator/calls';

/** What the list is narrowed to; empty strings leave it open. */
export interface Wanted {
  query: string;
  state: '' | 'live' | 'past';
  quality: '' | 'bad' | 'fair' | 'good';
}

async function ask<T>(path: string, query: Record<string, string> = {}): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== '');
  const params = new URLSearchParams(given).toString();
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}${params && `?${params}`}`, {
      credentials: 'same-origin',
      cache: 'no-store',
    });
  } catch {
    throw new ApiError(0, 'network', t('error.network'));
  }
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as T;
  throw errorFrom(response.status, body, response.headers.get('Retry-After'), t('error.unexpected'));
}

/** The questions that the console asks about calls. Raises ApiError. */
export const calls = {
  page: (wanted: Wanted, before = '') => ask<CallPage>('', { ...wanted, before }),
  get: (id: string) => ask<CallDetail>(`/${id}`),
  async timeline(id: string, stay: string): Promise<Timeline> {
    const whole = await ask<Timeline>(`/${id}/people/${stay}`);
    // A day at a time: a stay of several days comes in as many parts.
    while (whole.next_ms !== null) {
      const more = await ask<Timeline>(`/${id}/people/${stay}`, { from_ms: String(whole.next_ms) });
      whole.points.push(...more.points);
      whole.marks.push(...more.marks);
      whole.next_ms = more.next_ms;
    }
    return whole;
  },
};
