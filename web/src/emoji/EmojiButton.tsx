import { createSignal, createUniqueId, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { PartialEmoji } from '~/api/wire';
import type { IconType } from '~/ui/Button';
import { createPart } from '~/ui/part';
import './emoji.css';

const layers = createPart(() => import('./PickerLayer'));

interface EmojiButtonProps {
  icon: IconType;
  label: string;
  class: string;
  channelId: string;
  onPick: (emoji: PartialEmoji) => void;
  /** Keep open after a pick that holds Shift. */
  stay?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** What takes the focus once closed, where the button itself should not. */
  returnTo?: () => HTMLElement | undefined;
}

/** A button with the emoji picker, which is made when the button is pressed; its data is loaded on the first opening. */
export function EmojiButton(props: EmojiButtonProps) {
  const id = createUniqueId();
  const [open, setOpen] = createSignal(false);
  let button!: HTMLButtonElement;
  const close = () => {
    if (!open()) return;
    setOpen(false);
    // What is told may take the button away, so first the closed picker gives it the focus back.
    setTimeout(() => open() || props.onOpenChange?.(false));
  };
  const toggle = () => {
    if (open()) return close();
    setOpen(true);
    props.onOpenChange?.(true);
    void layers.want().then((there) => there || close());
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        class={props.class}
        aria-label={props.label}
        title={props.label}
        aria-haspopup="dialog"
        aria-expanded={open()}
        aria-controls={open() && layers.loaded() ? id : undefined}
        // The press leaves the focus, and with it the caret, where it is.
        onPointerDown={(event) => event.preventDefault()}
        onClick={toggle}
      >
        <Dynamic component={props.icon} size={20} aria-hidden="true" />
      </button>
      <Show when={open() ? layers.loaded() : undefined}>
        {(part) => {
          const { PickerLayer } = part();
          return (
            <PickerLayer
              trigger={button}
              id={id}
              channelId={props.channelId}
              onPick={(emoji, more) => {
                props.onPick(emoji);
                if (!more || !props.stay) close();
              }}
              onClose={close}
              returnTo={props.returnTo}
            />
          );
        }}
      </Show>
    </>
  );
}
