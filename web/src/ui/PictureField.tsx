import { createSignal, createUniqueId, type JSX, Show } from 'solid-js';
import { t } from '~/text';
import { Button } from './Button';
import { Camera } from './icons';
import { readPicture } from './picture';
import './picture-field.css';

interface PictureFieldProps {
  label: string;
  hint?: string;
  /** What is there now, shown until another picture is chosen. */
  children: JSX.Element;
  /** The chosen picture as a data URI; null when it is to be taken away; undefined when nothing changes. */
  value: string | null | undefined;
  /** Shown instead of `children` while the picture is to be taken away. */
  empty: JSX.Element;
  /** Whether there is a picture that could be taken away. */
  removable: boolean;
  onChange: (value: string | null | undefined) => void;
  problem?: string | undefined;
  round?: boolean;
}

/** Chooses one picture and shows it before it is saved. */
export function PictureField(props: PictureFieldProps) {
  const id = createUniqueId();
  const [problem, setProblem] = createSignal<string | null>(null);
  let input!: HTMLInputElement;
  const take = async (file: File | undefined) => {
    input.value = '';
    if (!file) return;
    setProblem(null);
    try {
      props.onChange(await readPicture(file));
    } catch {
      setProblem(t('picture.unreadable'));
    }
  };
  const gone = () => props.value === null;
  const sentence = () => problem() ?? props.problem;
  return (
    <fieldset
      class="picture-field"
      aria-labelledby={id}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        void take(event.dataTransfer?.files[0]);
      }}
    >
      <button
        type="button"
        class="picture-now"
        classList={{ 'picture-round': props.round }}
        tabindex="-1"
        aria-hidden="true"
        onClick={() => input.click()}
      >
        <Show when={props.value} fallback={gone() ? props.empty : props.children}>
          {(uri) => <img src={uri()} alt="" />}
        </Show>
        <span class="picture-edit">
          <Camera size={16} />
        </span>
      </button>
      <div class="picture-text">
        <span class="field-label" id={id}>
          {props.label}
        </span>
        <Show when={props.hint}>
          <p class="field-hint">{props.hint}</p>
        </Show>
        <div class="picture-actions">
          <Button onClick={() => input.click()}>{t('picture.choose')}</Button>
          <Show when={(props.removable && !gone()) || props.value}>
            <Button kind="plain" onClick={() => props.onChange(props.value ? undefined : null)}>
              {props.value && props.removable ? t('picture.keep') : t('picture.remove')}
            </Button>
          </Show>
        </div>
        <Show when={sentence()}>
          <p class="field-problem" role="alert">
            {sentence()}
          </p>
        </Show>
      </div>
      <input
        ref={input}
        class="file-hidden"
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        tabindex="-1"
        aria-label={props.label}
        onChange={(event) => void take(event.currentTarget.files?.[0])}
      />
    </fieldset>
  );
}
