import { t } from '~/text';
import { Button } from '~/ui/Button';
import { RotateCw } from '~/ui/icons';

/** Says why a list is not there, in the place where it would be. */
export function LoadProblem(props: { error: unknown; onRetry: () => void }) {
  return (
    <div class="load-problem" role="alert">
      <p>{props.error instanceof Error ? props.error.message : String(props.error)}</p>
      <Button icon={RotateCw} onClick={props.onRetry}>
        {t('action.retry')}
      </Button>
    </div>
  );
}
