import { describe, expect, it } from 'vitest';
import {
  type Binding,
  bindingOf,
  type Hold,
  type HoldInput,
  isBinding,
  isPressed,
  keysOf,
  type Press,
  stepHold,
  writes,
} from './binding';

const press = (code: string, held: Partial<Press> = {}): Press => ({
  code,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  ...held,
});
const key = (code: string, held: Partial<Press> = {}): Binding => bindingOf(press(code, held));

describe('a key binding', () => {
  it('is the key with the modifiers beside it', () => {
    const binding = key('KeyV', { ctrlKey: true });
    expect(isPressed(binding, press('KeyV', { ctrlKey: true }))).toBe(true);
    expect(isPressed(binding, press('KeyV'))).toBe(false);
    expect(isPressed(binding, press('KeyB', { ctrlKey: true }))).toBe(false);
  });

  it('may be a modifier alone, which does not ask for itself', () => {
    const binding = key('ControlRight', { ctrlKey: true });
    expect(binding).toEqual({ code: 'ControlRight', ctrl: false, alt: false, shift: false, meta: false });
    expect(isPressed(binding, press('ControlRight', { ctrlKey: true }))).toBe(true);
  });

  it('works while other keys are held, as in games', () => {
    expect(isPressed(key('KeyV'), press('KeyV', { shiftKey: true }))).toBe(true);
  });

  it('knows which keys write', () => {
    expect([key('KeyV'), key('Space'), key('Backquote'), key('Numpad0')].every(writes)).toBe(true);
    expect([key('F8'), key('ControlRight'), key('KeyV', { altKey: true }), key('Mouse4')].some(writes)).toBe(false);
  });

  it('is named as on the keyboard', () => {
    expect(keysOf(key('KeyV', { ctrlKey: true, shiftKey: true }))).toEqual(['Ctrl', 'Shift', 'V']);
    expect(keysOf(key('Backquote'))).toEqual(['`']);
    expect(keysOf(key('AltRight'))).toEqual(['Alt →']);
    expect(keysOf(key('KeyZ'), new Map([['KeyZ', 'y']]))).toEqual(['Y']);
    expect(keysOf(key('Mouse4'))).toEqual(['Mouse4']);
  });

  it('is read back only where it is whole', () => {
    expect(isBinding(key('F8'))).toBe(true);
    expect([null, 'F8', { code: 'F8' }, { ...key('F8'), alt: 1 }].some(isBinding)).toBe(false);
  });
});

describe('holding to talk', () => {
  const holdAfter = (...inputs: HoldInput[]): Hold =>
    inputs.reduce<Hold>((hold, input) => stepHold(hold, input)[0], 'shut');

  it('stays open for the delay after the key is let go', () => {
    expect(stepHold('open', 'released')).toEqual(['closing', ['start-delay']]);
    expect(holdAfter('pressed', 'released')).toBe('closing');
    expect(holdAfter('pressed', 'released', 'delay-over')).toBe('shut');
  });

  it('opens again within the delay', () => {
    expect(stepHold('closing', 'pressed')).toEqual(['open', ['stop-delay']]);
  });

  it('repeats of the held key change nothing', () => {
    expect(stepHold('open', 'pressed')).toEqual(['open', []]);
  });

  it('shuts when the window is lost', () => {
    expect(holdAfter('pressed', 'lost')).toBe('shut');
    expect(holdAfter('pressed', 'released', 'lost')).toBe('shut');
  });
});
