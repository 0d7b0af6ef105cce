import { ask } from './mediaApi';
import type { AddedMatches, CaseLine, Matches, Overview } from './reviewWire';

/** Where a still of a file that is kept back is; asked for when somebody wants to see it. */
export const previewPath = (id: string): string => `/api/operator/media/review/${id}/preview`;

/** What the console asks about files that are kept back, and decides. Raises ApiError. */
export const review = {
  overview: (decided: boolean, before?: string) =>
    ask<Overview>('GET', `/review?${decided ? 'decided=1&' : ''}${before ? `before=${before}` : ''}`),
  release: (id: string) => ask<CaseLine>('POST', `/review/${id}/release`),
  remove: (id: string) => ask<CaseLine>('DELETE', `/review/${id}`),
  matches: (query: string) => ask<Matches>('GET', `/matches?query=${encodeURIComponent(query)}`),
  add: (text: string, label: string, action: string) => ask<AddedMatches>('POST', '/matches', { text, label, action }),
  drop: (hash: string) => ask<object>('DELETE', `/matches/${hash}`),
};
