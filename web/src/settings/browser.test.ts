import { expect, test } from 'vitest';
import { browserOf } from './browser';

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    'Chrome',
    'Linux',
  ],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge', 'Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari',
    'iPhone',
  ],
  ['Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox', 'Android'],
])('a browser is named as people know it: %s', (agent, browser, system) => {
  expect(browserOf(agent)).toMatchObject({ browser, system });
});

test('an unknown client has no name', () => {
  expect(browserOf('curl/8')).toEqual({ browser: null, system: null, phone: false });
  expect(browserOf(null).browser).toBeNull();
});
