import { Popover } from '@kobalte/core/popover';
import type { PartialEmoji } from '~/api/wire';
import { t } from '~/text';
import { adopt } from '~/ui/adopt';
import { Picker } from './Picker';
import './picker.css';

interface PickerLayerProps {
  /** The button that the picker belongs to. */
  trigger: HTMLElement;
  id: string;
  channelId: string;
  onPick: (emoji: PartialEmoji, more: boolean) => void;
  onClose: () => void;
  /** What takes the focus once closed, where the button itself should not. */
  returnTo: (() => HTMLElement | undefined) | undefined;
}

/** The open emoji picker of a button, from its mounting until `onClose`. */
export function PickerLayer(props: PickerLayerProps) {
  const { returnTo } = props;
  return (
    <Popover defaultOpen onOpenChange={(open) => !open && props.onClose()} placement="top-end" gutter={8} fitViewport>
      <Popover.Trigger as={adopt(props.trigger)} />
      <Popover.Portal>
        <Popover.Content
          class="picker-layer no-swipe"
          id={props.id}
          aria-label={t('emoji.open')}
          onCloseAutoFocus={(event) => {
            const goal = returnTo?.();
            if (!goal) return;
            event.preventDefault();
            goal.focus();
          }}
        >
          <Picker channelId={props.channelId} onPick={props.onPick} />
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
