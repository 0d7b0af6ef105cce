import { Toast, toaster } from '@kobalte/core/toast';
import { onMount, Show } from 'solid-js';
import { Portal } from 'solid-js/web';
import { type Notice, showNoticesWith } from '~/state/toast';
import { t } from '~/text';
import { X } from './icons';
import './toasts.css';

/** Where short notices appear; they stay while the pointer or the focus is on them. */
export function Toasts() {
  onMount(() =>
    showNoticesWith((notice) => {
      toaster.show((props) => <NoticeToast toastId={props.toastId} notice={notice} />);
    }),
  );
  return (
    <Portal>
      <Toast.Region duration={7000} limit={4} swipeDirection="down" aria-label={t('toast.region')}>
        <Toast.List as="div" class="toasts" />
      </Toast.Region>
    </Portal>
  );
}

function NoticeToast(props: { toastId: number; notice: Notice }) {
  return (
    <Toast
      as="div"
      toastId={props.toastId}
      class={`toast toast-${props.notice.kind}`}
      priority={props.notice.kind === 'problem' ? 'high' : 'low'}
    >
      <Toast.Description as="p">{props.notice.text}</Toast.Description>
      <Show when={props.notice.action}>
        {(action) => (
          <button
            type="button"
            class="toast-action"
            onClick={() => {
              action().run();
              toaster.dismiss(props.toastId);
            }}
          >
            {action().label}
          </button>
        )}
      </Show>
      <Toast.CloseButton class="icon-button" aria-label={t('action.dismiss')}>
        <X size={16} aria-hidden="true" />
      </Toast.CloseButton>
    </Toast>
  );
}
