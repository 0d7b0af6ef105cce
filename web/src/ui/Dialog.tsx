import { Dialog as Base } from '@kobalte/core/dialog';
import { createComputed, type JSX, onCleanup, Show } from 'solid-js';
import { t } from '~/text';
import { IconButton } from './Button';
import { X } from './icons';
import './dialog.css';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: string;
  size?: 's' | 'm' | 'l';
  children: JSX.Element;
  footer?: JSX.Element;
  /** Hide the title from the eye where the content says it already. */
  bare?: boolean;
}

/** What the dialog is about gets the focus, not the button that closes it. */
function focusFirst(event: Event): void {
  const content = event.currentTarget ?? event.target;
  if (!(content instanceof HTMLElement)) return;
  const first = content.querySelector<HTMLElement>(
    '.dialog-body :is(input:not([type=file]), textarea, select), .dialog-foot button, .dialog-body button',
  );
  event.preventDefault();
  // Text alone: the dialog itself, because the closing button's tooltip would take the first Esc.
  (first ?? content).focus();
}

/** A modal layer: Esc and a click outside close it, and focus returns to where it was. */
export function Dialog(props: DialogProps) {
  let before: Element | null = null;
  let gone = false;
  onCleanup(() => {
    gone = true;
  });
  createComputed(() => {
    if (props.open) before = document.activeElement;
  });
  const focusBack = (event: Event) => {
    const now = document.activeElement;
    const lost = now === null || now === document.body || (event.target as Element).contains(now);
    // What suspends a dialog makes its content anew, which is no reason to leave it.
    if ((props.open && !gone) || !lost || !(before instanceof HTMLElement) || !before.isConnected) return;
    event.preventDefault();
    before.focus();
  };
  return (
    <Base open={props.open} onOpenChange={(open) => !open && props.onClose()} modal>
      <Base.Portal>
        <Base.Overlay class="dialog-scrim" />
        <div class="dialog-place">
          <Base.Content
            class={`dialog dialog-${props.size ?? 's'}`}
            classList={{ 'dialog-bare': props.bare }}
            onOpenAutoFocus={(event: Event) => focusFirst(event)}
            onCloseAutoFocus={focusBack}
          >
            <Show when={!props.bare} fallback={<Base.Title class="visually-hidden">{props.title}</Base.Title>}>
              <header class="dialog-head">
                <div>
                  <Base.Title as="h2">{props.title}</Base.Title>
                  <Show when={props.description}>
                    <Base.Description as="p" class="dialog-description">
                      {props.description}
                    </Base.Description>
                  </Show>
                </div>
                <IconButton icon={X} label={t('action.close')} onClick={props.onClose} />
              </header>
            </Show>
            <div class="dialog-body">{props.children}</div>
            <Show when={props.footer}>
              <footer class="dialog-foot">{props.footer}</footer>
            </Show>
          </Base.Content>
        </div>
      </Base.Portal>
    </Base>
  );
}
