import type { DeviceProblem } from './store';

/** Return what an error of getUserMedia or getDisplayMedia means; null when the person changed their mind. */
export function deviceProblem(error: unknown, asked: 'device' | 'screen' = 'device'): DeviceProblem | null {
  const name = (error as { name?: string } | null)?.name ?? '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return asked === 'screen' ? null : 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    case 'TypeError':
    case 'NotSupportedError':
      return 'unsupported';
    default:
      return 'failed';
  }
}
