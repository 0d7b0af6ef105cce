import { Show } from 'solid-js';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import './save-bar.css';

interface SaveBarProps {
  shown: boolean;
  busy: boolean;
  problem?: string | null;
  onSave: () => void;
  onReset: () => void;
}

/** Says that something is not saved yet, and offers both ways on; it stays in sight while the page scrolls. */
export function SaveBar(props: SaveBarProps) {
  return (
    <div role="status" class="save-live">
      <Show when={props.shown}>
        <div class="save-bar" classList={{ 'save-failed': Boolean(props.problem) }}>
          <p>{props.problem || t('save.unsaved')}</p>
          <Button kind="plain" disabled={props.busy} onClick={props.onReset}>
            {t('save.reset')}
          </Button>
          <Button kind="primary" busy={props.busy} onClick={props.onSave}>
            {t('save.save')}
          </Button>
        </div>
      </Show>
    </div>
  );
}
