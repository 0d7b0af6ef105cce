import { createEffect, createSignal, on, Show } from 'solid-js';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Pencil } from '~/ui/icons';
import { DESCRIPTION_MAX } from '~/upload/file';

interface PictureCaptionProps {
  text: string;
  editing: boolean;
  /** Keep other words; absent where the person may not. */
  describe: ((text: string) => Promise<unknown>) | undefined;
  onEditing: (editing: boolean) => void;
  onSaid: (text: string) => void;
}

/** What a picture shows, in words, below it; its author may change them. */
export function PictureCaption(props: PictureCaptionProps) {
  const [busy, setBusy] = createSignal(false);
  let field!: HTMLInputElement;
  let opener!: HTMLSpanElement;
  // Who leaves the field is back where it was opened.
  createEffect(
    on(
      () => props.editing,
      (editing) => editing || opener?.querySelector('button')?.focus(),
      { defer: true },
    ),
  );
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const text = field.value.trim();
    setBusy(true);
    try {
      await props.describe?.(text);
      props.onSaid(text);
      props.onEditing(false);
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <footer class="viewer-said">
      <Show
        when={props.editing}
        fallback={
          <>
            <Show when={props.text}>
              <p>{props.text}</p>
            </Show>
            <Show when={props.describe}>
              <span ref={opener}>
                <Button kind="plain" icon={Pencil} onClick={() => props.onEditing(true)}>
                  {props.text ? t('picture.redescribe') : t('picture.describe')}
                </Button>
              </span>
            </Show>
          </>
        }
      >
        <form onSubmit={save}>
          <input
            ref={(element) => {
              field = element;
              queueMicrotask(() => element.focus());
            }}
            maxlength={DESCRIPTION_MAX}
            value={props.text}
            aria-label={t('picture.said')}
            placeholder={t('upload.describe')}
          />
          <Button kind="primary" type="submit" busy={busy()}>
            {t('message.save')}
          </Button>
        </form>
      </Show>
    </footer>
  );
}
