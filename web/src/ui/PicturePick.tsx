import { createSignal, Show } from 'solid-js';
import { t } from '~/text';
import { ImageIcon } from './icons';
import './picture-pick.css';

/** Pictures are brought to this many pixels a side before they travel. */
const SIDE_PX = 512;
const GIF_BYTES = 2 * 1024 * 1024;

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
      props.onPick(await squarePicture(file));
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

const readDataUri = (blob: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(blob);
  });

/** A square data URI of the middle of a picture; a small GIF stays as it is, since it may move. */
export async function squarePicture(file: File, side = SIDE_PX): Promise<string> {
  if (file.type === 'image/gif' && file.size <= GIF_BYTES) return readDataUri(file);
  const bitmap = await createImageBitmap(file);
  const cut = Math.min(bitmap.width, bitmap.height);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.min(side, cut);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.drawImage(
    bitmap,
    (bitmap.width - cut) / 2,
    (bitmap.height - cut) / 2,
    cut,
    cut,
    0,
    0,
    canvas.width,
    canvas.height,
  );
  bitmap.close();
  return canvas.toDataURL('image/png');
}
