import { expect, it } from 'vitest';
import { bars, loudness, POINTS_MAX, points, raised, readWaveform, writeWaveform } from './waveform';

it('arrives as it was sent', () => {
  expect(readWaveform(writeWaveform([0, 128, 255]))).toEqual([0, 128, 255]);
});

it('is empty when there is none, or none that can be read', () => {
  expect(readWaveform(undefined)).toEqual([]);
  expect(readWaveform('§')).toEqual([]);
});

it('keeps the peaks when there is room for few bars', () => {
  expect(bars([0, 255, 0, 0, 51, 0], 2)).toEqual([1, 0.2]);
});

it('fills the room when there are few points', () => {
  expect(bars([255, 0], 4)).toEqual([1, 1, 0, 0]);
  expect(bars([], 3)).toEqual([0, 0, 0]);
});

it('is sent with a bounded number of points, the loudest at full height', () => {
  const sent = points(Array.from({ length: 1000 }, (_, index) => index / 2000));
  expect(sent).toHaveLength(POINTS_MAX);
  expect(sent.at(-1)).toBe(255);
  expect(sent[0]).toBeLessThan(3);
  expect(points([0, 0])).toEqual([0, 0]);
});

it('measures how loud samples are', () => {
  expect(loudness(new Float32Array([1, -1]))).toBe(1);
  expect(loudness(new Float32Array())).toBe(0);
});

it('is drawn larger when all of it is quiet, and silence stays flat', () => {
  expect(raised([0, 64, 128])).toEqual([0, 127.5, 255]);
  expect(raised([0, 2])[1]).toBeLessThan(10);
});
