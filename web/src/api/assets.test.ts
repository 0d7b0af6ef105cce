import { expect, it } from 'vitest';
import { assetUrl } from './assets';

it('pictures of people and guilds come as WebP, which moves where they do', () => {
  expect(assetUrl.avatar('1', 'abc', 40)).toBe('/cdn/avatars/1/abc.webp?size=128');
  expect(assetUrl.icon('2', 'a_abc', 48)).toBe('/cdn/icons/2/a_abc.webp?size=128&animated=true');
  expect(assetUrl.emoji('3', false)).toBe('/cdn/emojis/3.webp?size=96');
  expect(assetUrl.emoji('3', true)).toBe('/cdn/emojis/3.webp?size=96&animated=true');
});
