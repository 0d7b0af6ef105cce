import { describe, expect, it } from 'vitest';
import { matchScore, wordAt } from './completion';

describe('the word at the caret', () => {
  it('is a mention, a channel or an emoji from its mark to the caret', () => {
    expect(wordAt('hi @an', 6)).toEqual({ mark: '@', query: 'an', start: 3 });
    expect(wordAt('#', 1)).toEqual({ mark: '#', query: '', start: 0 });
    expect(wordAt('(:smi', 5)).toEqual({ mark: ':', query: 'smi', start: 1 });
    expect(wordAt('@an later', 3)).toEqual({ mark: '@', query: 'an', start: 0 });
  });

  it('is a command only at the very start', () => {
    expect(wordAt('/pi', 3)).toEqual({ mark: '/', query: 'pi', start: 0 });
    expect(wordAt('a /pi', 5)).toBeNull();
    expect(wordAt('/ping now', 9)).toBeNull();
  });

  it('is nothing inside words, addresses and times', () => {
    expect(wordAt('me@an', 5)).toBeNull();
    expect(wordAt('at 10:30', 8)).toBeNull();
    expect(wordAt(':d', 2)).toBeNull();
  });
});

describe('how well a name fits', () => {
  it('prefers starts of names and of their words', () => {
    expect([
      matchScore('anna', 'an'),
      matchScore('miss-anna', 'an'),
      matchScore('hanna', 'an'),
      matchScore('bob', 'an'),
    ]).toEqual([3, 2, 1, 0]);
  });
});
