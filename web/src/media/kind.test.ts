import { describe, expect, it } from 'vitest';
import { expectedKind, isPreviewed, isSpoiler, shownName, spoilerName } from './kind';

describe('a file that is still here', () => {
  it('is expected to become a picture where the server makes one, though this browser shows none', () => {
    expect(expectedKind('image/heic', 'a.heic')).toBe('picture');
    expect(expectedKind('', 'IMG_0001.HEIC')).toBe('picture');
    expect(isPreviewed('image/heic')).toBe(false);
    expect(isPreviewed('image/png')).toBe(true);
  });

  it('is else what its type says', () => {
    expect(expectedKind('video/mp4', 'tour.heic.mp4')).toBe('video');
    expect(expectedKind('audio/ogg', 'song.ogg')).toBe('audio');
    expect(expectedKind('', 'notes')).toBe('file');
  });

  it('is hidden by its name alone, once', () => {
    expect(spoilerName('SPOILER_end.png', true)).toBe('SPOILER_end.png');
    expect(isSpoiler({ filename: spoilerName('end.png', true) })).toBe(true);
    expect(shownName('SPOILER_end.png')).toBe('end.png');
  });
});
