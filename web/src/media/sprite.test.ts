import { expect, it } from 'vitest';
import { momentAt, readSprite } from './sprite';

const BASE = 'http://here.example/media/streams/7/aa-bb/sprite.vtt';
const SHEET = `WEBVTT

00:00.000 --> 00:02.000
sprite.jpg#xywh=0,0,160,90

NOTE nothing

2
00:02.000 --> 01:00:04.500
sprite.jpg#xywh=160,0,160,90

01:00:04.500 --> 01:00:06.000
just a caption
`;

it('reads when and where the pictures of a video are', () => {
  const moments = readSprite(SHEET, BASE);
  const url = 'http://here.example/media/streams/7/aa-bb/sprite.jpg';
  expect(moments).toEqual([
    { start: 0, end: 2, url, x: 0, y: 0, width: 160, height: 90 },
    { start: 2, end: 3604.5, url, x: 160, y: 0, width: 160, height: 90 },
  ]);
});

it('finds the picture of a moment', () => {
  const moments = readSprite(SHEET, BASE);
  expect(momentAt(moments, 1.9)?.x).toBe(0);
  expect(momentAt(moments, 2)?.x).toBe(160);
  expect(momentAt(moments, 9999)?.x).toBe(160);
  expect(momentAt([], 1)).toBeUndefined();
});

it('finds nothing in what is no sheet', () => {
  expect(readSprite('<html>', BASE)).toEqual([]);
});
