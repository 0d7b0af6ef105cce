import { type Component, type JSX, Show, splitProps } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import './button.css';

export type IconType = Component<{ size?: number | string; class?: string; 'aria-hidden'?: boolean | 'true' }>;

interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'primary' | 'quiet' | 'danger' | 'plain';
  icon?: IconType;
  /** Shows that the action runs, and keeps it from being started twice. */
  busy?: boolean;
}

export function Button(props: ButtonProps) {
  const [own, rest] = splitProps(props, ['kind', 'icon', 'busy', 'children', 'class', 'disabled']);
  return (
    <button
      type="button"
      class={`button button-${own.kind ?? 'quiet'} ${own.class ?? ''}`}
      disabled={own.disabled || own.busy}
      aria-busy={own.busy}
      {...rest}
    >
      <Show when={own.icon}>{(icon) => <Dynamic component={icon()} size={16} aria-hidden="true" />}</Show>
      {own.children}
    </button>
  );
}

interface IconButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconType;
  label: string;
  size?: number;
  pressed?: boolean;
  tone?: 'danger';
}

/** A button of one icon: its label is read out, and shown as a tooltip by what looks for `data-tooltip`. */
export function IconButton(props: IconButtonProps) {
  const [own, rest] = splitProps(props, ['icon', 'label', 'size', 'pressed', 'tone', 'class']);
  return (
    <button
      type="button"
      class={`icon-button ${own.tone === 'danger' ? 'icon-button-danger' : ''} ${own.class ?? ''}`}
      aria-label={own.label}
      aria-pressed={own.pressed}
      data-tooltip=""
      {...rest}
    >
      <Dynamic component={own.icon} size={own.size ?? 20} aria-hidden="true" />
    </button>
  );
}
