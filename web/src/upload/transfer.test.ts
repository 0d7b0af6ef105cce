import { expect, it } from 'vitest';
import { ApiError } from '~/api/errors';
import { asRefusal, refusal } from './transfer';

const problem = (status: number, retryAfterS: number | null = null) =>
  new ApiError(status, 'media.code', 'A sentence.', [], retryAfterS);

it('goes on after whatever may pass', () => {
  for (const status of [0, 408, 409, 423, 500, 502, 503]) expect(refusal(problem(status))).toEqual({ name: 'lost' });
  expect(asRefusal(new TypeError('a chunk did not load'))).toEqual({ name: 'lost' });
});

it('waits as it is told', () => {
  expect(refusal(problem(429, 2))).toEqual({ name: 'told-to-wait', delayMs: 2050 });
  expect(refusal(problem(503, 1)).name).toBe('told-to-wait');
});

it('begins anew where the address is good no more', () => {
  for (const status of [401, 403, 404, 410])
    expect(refusal(problem(status))).toMatchObject({ name: 'refused', gone: true });
});

it('says what the server said of all else', () => {
  expect(refusal(problem(413))).toEqual({
    name: 'refused',
    sentence: 'A sentence.',
    code: 'media.code',
    gone: false,
  });
  const fields = [{ path: 'files.0.file_size', code: 'TOO_LARGE', sentence: 'Too large.' }];
  expect(refusal(new ApiError(400, 'form.invalid', 'Invalid.', fields))).toMatchObject({ sentence: 'Too large.' });
});
