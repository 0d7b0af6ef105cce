import { createSignal, Show } from 'solid-js';
import { t } from '~/text';
import { ImageIcon } from './icons';
import { readPicture } from './picture';
import './picture-pick.css';

interface PicturePickProps {
  label: string;
  /** The picture as a data URI, or an address of the one that is set. */
  value: string | null;
  onPick: (dataUri: string | null) => void;
  round?: boolean;
}

/** Choose a picture; it is cut square and made small here, so that any photo will do. */
export function PicturePick(props: PicturePickProps) {
  let input!: HTMLInputElement;
  const [problem, setProblem] = createSignal<string | null>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    setProblem(null);
    try {
      props.onPick(await readPicture(file));
    } catch {
      setProblem(t('picture.unreadable'));
    }
  };
  return (
    <div class="picture-pick">
      <button
        type="button"
        class="picture-pick-button"
        classList={{ 'picture-pick-round': props.round }}
        aria-label={props.label}
        onClick={() => input.click()}
      >
        <Show when={props.value} fallback={<ImageIcon size={26} aria-hidden="true" />}>
          {(url) => <img src={url()} alt="" />}
        </Show>
      </button>
      <input
        ref={input}
        class="file-hidden"
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        tabindex="-1"
        aria-hidden="true"
        onChange={(event) => {
          void take(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
      <Show when={problem()}>
        <p class="field-problem" role="alert">
          {problem()}
        </p>
      </Show>
    </div>
  );
}
