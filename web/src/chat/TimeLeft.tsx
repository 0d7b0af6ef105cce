import { Show } from 'solid-js';
import { t } from '~/text';

/** How long it still takes, once that is known. */
export function TimeLeft(props: { seconds: number | null }) {
  const words = (seconds: number) =>
    seconds < 60
      ? t('upload.left.seconds', { count: seconds })
      : t('upload.left.minutes', { count: Math.ceil(seconds / 60) });
  return <Show when={props.seconds !== null}> · {words(props.seconds ?? 0)}</Show>;
}
