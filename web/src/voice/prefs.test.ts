import { expect, it } from 'vitest';
import { DEFAULT_PREFS, readPrefs } from './prefs';

it('starts from the defaults', () => {
  expect(readPrefs(null)).toEqual(DEFAULT_PREFS);
  expect(readPrefs('{"damaged')).toEqual(DEFAULT_PREFS);
  expect(readPrefs('null')).toEqual(DEFAULT_PREFS);
});

it('reads back what was saved', () => {
  const saved = {
    ...DEFAULT_PREFS,
    muted: true,
    input: 'usb',
    threshold: -42,
    mode: 'push',
    pushKey: { code: 'F8', ctrl: false, alt: false, shift: false, meta: false },
    volumes: { '3': 0.4 },
  };
  expect(readPrefs(JSON.stringify(saved))).toEqual(saved);
});

it('takes nothing that makes no sense', () => {
  const read = readPrefs(
    JSON.stringify({
      muted: 'yes',
      inputVolume: 90,
      releaseMs: -4,
      mode: 'shout',
      pushKey: 'F8',
      volumes: { a: 'b', c: 7 },
    }),
  );
  expect(read).toEqual({ ...DEFAULT_PREFS, inputVolume: 2, releaseMs: 0, volumes: { c: 2 } });
});
