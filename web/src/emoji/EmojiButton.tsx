import { Popover } from '@kobalte/core/popover';
import { createSignal, lazy, Suspense } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { PartialEmoji } from '~/api/wire';
import type { IconType } from '~/ui/Button';
import { t } from '~/text';
import './emoji.css';

const Picker = lazy(async () => ({ default: (await import('./Picker')).Picker }));

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

/** A button that opens the emoji picker; its data is loaded on the first opening. */
export function EmojiButton(props: EmojiButtonProps) {
  const [open, setOpenSignal] = createSignal(false);
  const setOpen = (next: boolean) => {
    setOpenSignal(next);
    props.onOpenChange?.(next);
  };
  return (
    <Popover open={open()} onOpenChange={setOpen} placement="top-end" gutter={8} fitViewport>
      <Popover.Trigger class={props.class} aria-label={props.label} title={props.label}>
        <Dynamic component={props.icon} size={20} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          class="picker-layer no-swipe"
          aria-label={t('emoji.open')}
          onCloseAutoFocus={(event) => {
            const goal = props.returnTo?.();
            if (!goal) return;
            event.preventDefault();
            goal.focus();
          }}
        >
          <Suspense fallback={<div class="picker" aria-busy="true" />}>
            <Picker
              channelId={props.channelId}
              onPick={(emoji, more) => {
                props.onPick(emoji);
                if (!more || !props.stay) setOpen(false);
              }}
            />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
