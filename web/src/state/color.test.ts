import { describe, expect, it } from 'vitest';
import { contrast, readableColor } from './color';

describe('a role colour as text', () => {
  it('stays as it is where it can be read', () => {
    expect(readableColor(0x0b5a54, false)).toBe('#0b5a54');
    expect(readableColor(0x3db8a9, true)).toBe('#3db8a9');
  });

  it('moves towards the ink until it can', () => {
    for (const color of [0xffffff, 0xffff00, 0x00ff00]) expect(readableColor(color, false)).not.toBe('#ffffff');
    for (const color of [0x000001, 0x0000ff, 0x400000]) expect(readableColor(color, true)).not.toBe('#000001');
  });

  it('measures contrast from 1 to 21', () => {
    expect(contrast(1, 0)).toBeCloseTo(21);
    expect(contrast(0.3, 0.3)).toBe(1);
  });
});
