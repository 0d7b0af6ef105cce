import { DASH, mosText, rateText, shareText, spanText } from './figure';
import { c, isKey } from './text';
import type { Cause, Mark, TrackNote, Verdict } from './wire';

/** A cause in the reader's language; the server's own sentence where this page does not know its code. */
export function causeSentence(cause: Cause): string {
  const key = [`cause.${cause.code}.${cause.side}`, `cause.${cause.code}`].find(isKey);
  if (!key) return cause.sentence;
  return c(key, {
    name: cause.person_name,
    other: cause.about_name || DASH,
    time: spanText(cause.seconds),
    mean: Math.round(cause.mean),
    worst: Math.round(cause.worst),
    percent: shareText(cause.mean),
    percentWorst: shareText(cause.worst),
    rateWorst: rateText(cause.worst),
    rated: mosText(cause.mean),
  });
}

/** Why something was bad, in one sentence. */
export function verdictSentence(verdict: Verdict): string {
  const first = verdict.causes[0];
  if (first) return causeSentence(first);
  const key = `cause.${verdict.code}`;
  return isKey(key) ? c(key) : verdict.sentence;
}

/** A cause in two words, for tables. */
export function causeShort(code: string): string {
  const key = `short.${code}`;
  return isKey(key) ? c(key) : code.replaceAll('_', ' ');
}

/** Something that happened, in words. */
export function markText(mark: Mark, tracks: readonly TrackNote[]): string {
  const paused = mark.what === 'layer_switched' && mark.value < 0;
  const key = `mark.${paused ? 'layer_paused' : mark.what}`;
  if (!isKey(key)) return mark.what.replaceAll('_', ' ');
  return c(key, {
    detail: mark.detail || DASH,
    value: mark.value,
    track: trackName(mark, tracks),
    layer: Math.floor(mark.value / 10),
    rate: rateText(mark.value),
    protocol: mark.value === 1 ? 'TCP' : 'UDP',
    mos: mosText(mark.value / 1000),
  });
}

function trackName(mark: Mark, tracks: readonly TrackNote[]): string {
  const source = tracks.find((track) => track.sid === mark.track)?.source ?? mark.detail;
  const key = `source.${source}`;
  return c(isKey(key) ? key : 'source.unknown');
}
