import { t } from '~/text';

/** What the server is still at work on, and how far it is. */
export function Processing(props: { name: string; progress: number }) {
  return (
    <div class="processing">
      <span class="file-name">{props.name}</span>
      <progress max={100} value={props.progress} aria-label={t('media.processingOf', { name: props.name })} />
      <span class="file-size">{t('media.processing', { progress: props.progress })}</span>
    </div>
  );
}
