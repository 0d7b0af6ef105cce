/** A key on the keyboard, by its place and not by its letter, with the modifiers held beside it. */
export interface Binding {
  /** `KeyboardEvent.code`, or `Mouse3` and on for the pointer's further buttons. */
  code: string;
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
  meta: boolean;
}

/** What a binding is read from: the parts of keyboard and mouse events that matter. */
export interface Press {
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

export const isBinding = (value: unknown): value is Binding => {
  const told = value as Partial<Binding> | null;
  return (
    typeof told === 'object' &&
    told !== null &&
    typeof told.code === 'string' &&
    (['ctrl', 'alt', 'shift', 'meta'] as const).every((modifier) => typeof told[modifier] === 'boolean')
  );
};

const MODIFIER = /^(Control|Alt|Shift|Meta|OS)(Left|Right)?$/;

/** Return what was pressed as a binding. A modifier alone is a key of its own. */
export function bindingOf(press: Press): Binding {
  const alone = MODIFIER.test(press.code);
  return {
    code: press.code,
    ctrl: press.ctrlKey && !alone,
    alt: press.altKey && !alone,
    shift: press.shiftKey && !alone,
    meta: press.metaKey && !alone,
  };
}

/** Whether a press is the binding's. More modifiers than it names do not matter: one may talk while playing. */
export const isPressed = (binding: Binding, press: Press): boolean =>
  press.code === binding.code &&
  (!binding.ctrl || press.ctrlKey) &&
  (!binding.alt || press.altKey) &&
  (!binding.shift || press.shiftKey) &&
  (!binding.meta || press.metaKey);

/** Whether the key writes something, so that it must not open the microphone while one types. */
export const writes = (binding: Binding): boolean =>
  !binding.ctrl &&
  !binding.alt &&
  !binding.meta &&
  (/^(Key|Digit|Numpad)/.test(binding.code) ||
    /^(Space|Enter|Backspace|Tab|Minus|Equal|Bracket(Left|Right)|Backslash|Semicolon|Quote|Backquote|Comma|Period|Slash|IntlBackslash|IntlRo|IntlYen)$/.test(
      binding.code,
    ));

const SIGNS: Readonly<Record<string, string>> = {
  Minus: '-',
  Equal: '=',
  BracketLeft: '[',
  BracketRight: ']',
  Backslash: '\\',
  Semicolon: ';',
  Quote: "'",
  Backquote: '`',
  Comma: ',',
  Period: '.',
  Slash: '/',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
};

/** Return the keys of a binding as they are written on keyboards; `layout` knows the letters of this one. */
export function keysOf(binding: Binding, layout: ReadonlyMap<string, string> | null = null): string[] {
  const keys: string[] = [];
  if (binding.ctrl) keys.push('Ctrl');
  if (binding.alt) keys.push('Alt');
  if (binding.shift) keys.push('Shift');
  if (binding.meta) keys.push('Meta');
  const { code } = binding;
  const side = /^(Control|Alt|Shift|Meta)(Left|Right)$/.exec(code);
  if (side) keys.push(`${side[1] === 'Control' ? 'Ctrl' : side[1]} ${side[2] === 'Left' ? '←' : '→'}`);
  else if (layout?.get(code)) keys.push((layout.get(code) ?? '').toUpperCase());
  else keys.push(SIGNS[code] ?? code.replace(/^(Key|Digit)/, '').replace(/^Numpad/, 'Num '));
  return keys;
}

/**
 * Holding a key to talk, as a pure transition table: `open` while it is down and for the release delay after.
 *
 * The delay lets the end of the last word through. Losing the window lets go of the key, since nobody tells us then.
 */
export type Hold = 'shut' | 'open' | 'closing';
export type HoldInput = 'pressed' | 'released' | 'delay-over' | 'lost';
export type HoldEffect = 'start-delay' | 'stop-delay';

const HOLDS: Readonly<Record<Hold, Partial<Record<HoldInput, readonly [Hold, readonly HoldEffect[]]>>>> = {
  shut: { pressed: ['open', []] },
  open: { released: ['closing', ['start-delay']], lost: ['shut', []] },
  closing: {
    pressed: ['open', ['stop-delay']],
    'delay-over': ['shut', []],
    lost: ['shut', ['stop-delay']],
  },
};

export const stepHold = (hold: Hold, input: HoldInput): readonly [Hold, readonly HoldEffect[]] =>
  HOLDS[hold][input] ?? [hold, []];
