import { createSignal } from 'solid-js';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { FormProblem } from '~/ui/Field';

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  run: () => Promise<unknown> | void;
  onClose: () => void;
}

/** Asks once before something that cannot be undone; a failure is said here. */
export function Confirm(props: ConfirmProps) {
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<string | null>(null);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await props.run();
      props.onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={props.title}
      footer={
        <>
          <Button onClick={props.onClose}>{t('action.cancel')}</Button>
          <Button kind="danger" busy={busy()} onClick={() => void run()}>
            {props.action}
          </Button>
        </>
      }
    >
      <p>{props.text}</p>
      <FormProblem text={problem()} />
    </Dialog>
  );
}
