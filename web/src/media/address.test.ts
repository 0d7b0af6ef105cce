import { expect, it } from 'vitest';
import { goodUntil, rendition, sources } from './address';

const SIGNED = '/media/files/7/dusk.png?ex=66a0&hm=ab';

it('asks for a size beside the signature', () => {
  expect(rendition(SIGNED, { width: 320 })).toBe(`${SIGNED}&width=320`);
  expect(rendition('/media/files/7/dusk.png', { width: 320, format: 'avif' })).toBe(
    '/media/files/7/dusk.png?width=320&format=avif',
  );
});

it('leaves addresses alone that have one size only', () => {
  expect(rendition('/cdn/attachments/1/2/dusk.png', { width: 320 })).toBe('/cdn/attachments/1/2/dusk.png');
  expect(sources('/cdn/attachments/1/2/dusk.png', 320)).toBeUndefined();
  expect(sources('blob:x', 320)).toBeUndefined();
});

it('offers no sizes far beyond the picture', () => {
  const widths = (width: number) => sources(SIGNED, width)?.match(/\d+(?=w)/g);
  expect(widths(100)).toEqual(['100']);
  expect(widths(320)).toEqual(['160', '320']);
  expect(widths(800)).toEqual(['160', '320', '640', '800']);
  expect(widths(9000)).toEqual(['160', '320', '640', '1024', '1536', '2048']);
});

it('knows until when an address is good', () => {
  expect(goodUntil(SIGNED)).toBe(0x66a0 * 1000);
  expect(goodUntil('/media/files/7/dusk.png')).toBeNull();
  expect(goodUntil('/media/files/7/dusk.png?hm=ab&ex=1')).toBe(1000);
});
