import { beforeEach, describe, expect, it } from 'vitest';
import { setLocale } from '~/text';
import { causeSentence, causeShort, felt, markText, refusedText, verdictSentence } from './sentence';
import { de } from './text/de';
import { en } from './text/en';
import type { Cause, Mark } from './wire';

const cause = (fields: Partial<Cause>): Cause => ({
  code: 'loss',
  side: 'sends',
  sentence: 'As the server says it.',
  person: '1',
  person_name: 'Ada',
  about: null,
  about_name: '',
  seconds: 160,
  mean: 0.09,
  worst: 0.16,
  first_ms: null,
  last_ms: null,
  reached: 2,
  missing: null,
  frozen_s: 0,
  ...fields,
});

const mark = (fields: Partial<Mark>): Mark => ({
  at_ms: 0,
  what: 'joined',
  track: '',
  value: 0,
  detail: '',
  ...fields,
});

beforeEach(() => setLocale('en'));

describe('causes', () => {
  it('are told with their figures', () => {
    expect(causeSentence(cause({}))).toBe(
      'Of what Ada sent, 9 % on average and 16 % at worst was lost on the way to the server for 2 min 40 s: all the others heard or saw it.',
    );
    expect(causeSentence(cause({ code: 'congestion', side: 'hears', worst: 260_000 }))).toContain('carried 260 kbit/s');
  });

  it('say what was heard and seen of them', () => {
    const last = (fields: Partial<Cause>) =>
      causeSentence(cause(fields))
        .split(/(?<=[:.]) /)
        .at(-1);
    expect(last({ missing: 0.04, frozen_s: 12 })).toBe(
      'Meanwhile 4 % of the sound was missing and pictures stood still for 12 s.',
    );
    expect(last({ missing: 0.001 })).toBe('Nearly all of it was mended.');
    expect(last({ code: 'delay', missing: 0.04 })).not.toContain('Meanwhile');
    const opinion = { mean: 3, worst: 2, bad_s: 5, loss: 0.1, concealed: 0.02, freezes: 3, frozen_s: 7 };
    expect(felt(opinion)).toBe('2 % of the sound missing · pictures stood for 7 s (3×)');
    expect(felt({ ...opinion, concealed: null, freezes: null, frozen_s: null })).toBeNull();
  });

  it('come with what was refused, if anything was', () => {
    expect(refusedText(null)).toBe('');
    expect(refusedText({ unauthentic: 12, replayed: 0, unknown: 3, malformed: 0 })).toBe(
      'packets refused: 12 forged or damaged, 3 of no known stream',
    );
  });

  it('are told in the reader’s language', async () => {
    await setLocale('de');
    expect(causeSentence(cause({ mean: 0.005 }))).toContain('0,5 % verloren');
    expect(causeShort('loss')).toBe('Paketverlust');
  });

  it('of newer servers are told in the server’s words', () => {
    expect(causeSentence(cause({ code: 'sunspots' }))).toBe('As the server says it.');
    expect(causeShort('solar_wind')).toBe('solar wind');
    expect(verdictSentence({ code: 'sunspots', sentence: 'It was the sun.', causes: [] })).toBe('It was the sun.');
  });

  it('are not needed for what was fine', () => {
    expect(verdictSentence({ code: 'fine', sentence: 'x', causes: [] })).toBe(en['cause.fine']);
  });
});

describe('marks', () => {
  const tracks = [{ sid: 'TR_m', kind: 'audio', source: 'microphone', name: '' }];
  it('name tracks, layers and rates', () => {
    expect(markText(mark({ what: 'muted', track: 'TR_m' }), tracks)).toBe('muted the microphone');
    expect(markText(mark({ what: 'published', track: 'TR_x', detail: 'camera' }), [])).toBe('published the camera');
    expect(markText(mark({ what: 'layer_switched', value: 12 }), [])).toBe('received layer 1 from here');
    expect(markText(mark({ what: 'layer_switched', value: -1 }), [])).toBe('a picture was paused');
    expect(markText(mark({ what: 'congested', value: 260_000 }), [])).toContain('260 kbit/s');
    expect(markText(mark({ what: 'eclipse_began' }), [])).toBe('eclipse began');
  });
});

describe('the catalogues', () => {
  const places = (text: string) => [...text.matchAll(/{{ (\w+) }}/g)].map((found) => found[1]).sort();
  it('fill the same places in every language', () => {
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect([...new Set(places(de[key]))], key).toEqual([...new Set(places(en[key]))]);
    }
  });
});
