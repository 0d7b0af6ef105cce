import { createSignal } from 'solid-js';
import { ApiError } from '~/api/errors';

/** A form being sent: whether it runs, and what the server said about it and its fields. */
export function createSubmission() {
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<ApiError | null>(null);

  /** Run `action`; its ApiError is kept to be shown beside the fields. Returns whether it went well. */
  const submit = async (action: () => Promise<unknown>): Promise<boolean> => {
    if (busy()) return false;
    setBusy(true);
    setError(null);
    try {
      await action();
      return true;
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      setError(problem);
      return false;
    } finally {
      setBusy(false);
    }
  };

  return {
    busy,
    submit,
    /** The sentence about one field. */
    field: (...names: string[]): string | undefined => names.map((name) => error()?.field(name)).find(Boolean),
    /** The sentence about the whole, unless a field already says it. */
    problem: (): string | null => {
      const now = error();
      return now && now.fields.length === 0 ? now.message : null;
    },
    clear: () => setError(null),
  };
}
