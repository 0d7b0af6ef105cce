import { expect, test } from 'vitest';
import { emojiName } from './emojiName';

test.each([
  ['party-parrot.gif', 'party_parrot'],
  ['Größe.png', 'Gro_e'],
  ['a.png', 'emoji_a'],
  ['….webp', 'emoji_1'],
  [`${'x'.repeat(60)}.png`, 'x'.repeat(32)],
])('%s becomes a name that the API takes', (file, name) => {
  expect(emojiName(file)).toMatch(/^[A-Za-z0-9_]{2,32}$/);
  expect(emojiName(file)).toBe(name);
});
