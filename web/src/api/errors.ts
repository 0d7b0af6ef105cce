/** One field that the server refused: its dotted path and a sentence about it. */
export interface FieldProblem {
  path: string;
  code: string;
  sentence: string;
}

/** A request that failed, with a sentence a person can act on. `status` 0 means that no answer came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    /** Stable code of the server, e.g. `message.unknown`; `network` when no answer came. */
    readonly code: string,
    sentence: string,
    readonly fields: readonly FieldProblem[] = [],
    /** Seconds to wait before the same request may pass; null when the server did not say. */
    readonly retryAfterS: number | null = null,
    /** The API's numeric code; 0 when there is none. */
    readonly jsonCode = 0,
  ) {
    super(sentence);
  }

  /** The sentence about the field `path`, or undefined when that field is fine. */
  field(path: string): string | undefined {
    return this.fields.find((problem) => problem.path === path)?.sentence;
  }
}

interface ErrorBody {
  code?: number;
  message?: string;
  error?: string;
  errors?: unknown;
  retry_after?: number;
}

/** Return the error that an answer with `status` and `body` means. */
export function errorFrom(status: number, body: unknown, retryAfter: string | null, fallback: string): ApiError {
  const answer = (typeof body === 'object' && body !== null ? body : {}) as ErrorBody;
  const header = retryAfter === null ? Number.NaN : Number(retryAfter);
  const wait = answer.retry_after ?? (Number.isFinite(header) ? header : null);
  return new ApiError(
    status,
    answer.error ?? `http.${status}`,
    answer.message ?? fallback,
    fieldProblems(answer.errors, ''),
    wait,
    answer.code ?? 0,
  );
}

function fieldProblems(node: unknown, path: string): FieldProblem[] {
  if (typeof node !== 'object' || node === null) return [];
  const found: FieldProblem[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === '_errors' && Array.isArray(value)) {
      for (const problem of value as { code?: string; message?: string }[]) {
        found.push({ path, code: problem.code ?? '', sentence: problem.message ?? '' });
      }
    } else {
      found.push(...fieldProblems(value, path === '' ? key : `${path}.${key}`));
    }
  }
  return found;
}
