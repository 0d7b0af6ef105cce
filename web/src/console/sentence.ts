import { DASH, mosText, rateText, shareText, spanText } from './figure';
import { c, isKey } from './text';
import type { Cause, Mark, Opinion, Refusals, TrackNote, Verdict } from './wire';

/** A cause in the reader's language; the server's own sentence where this page does not know its code. */
export function causeSentence(cause: Cause): string {
  const key = [`cause.${cause.code}.${cause.side}`, `cause.${cause.code}`].find(isKey);
  if (!key) return cause.sentence;
  const sentence = c(key, {
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
  return `${sentence}${feltOf(cause)}`;
}

/** The causes of which a sentence says what was heard and seen. */
const FELT: ReadonlySet<string> = new Set(['loss', 'congestion', 'tcp_fallback', 'jitter', 'others_uplink', 'unclear']);
/** Share of the sound, and seconds of standing pictures, that are worth a word; as the server has them. */
const MISSING_MIN = 0.005;
const FROZEN_MIN_S = 1;

/** What was heard and seen of a cause, as a sentence more. */
function feltOf({ code, missing, frozen_s }: Cause): string {
  if (!FELT.has(code)) return '';
  const sound = missing !== null && missing >= MISSING_MIN;
  const pictures = frozen_s >= FROZEN_MIN_S;
  const values = { missing: shareText(missing), frozen: spanText(frozen_s) };
  if (sound && pictures) return ` ${c('felt.both', values)}`;
  if (sound) return ` ${c('felt.sound', values)}`;
  if (pictures) return ` ${c('felt.pictures', values)}`;
  return code === 'loss' && missing !== null ? ` ${c('felt.mended')}` : '';
}

/** What somebody heard and saw over a stay, in few words; null when that was nothing bad. */
export function felt({ concealed, freezes, frozen_s }: Opinion): string | null {
  const parts: string[] = [];
  if (concealed !== null && concealed >= MISSING_MIN) parts.push(c('missingOf', { missing: shareText(concealed) }));
  if (freezes && frozen_s !== null && frozen_s >= FROZEN_MIN_S)
    parts.push(c('frozenOf', { frozen: spanText(frozen_s), freezes }));
  return parts.length > 0 ? parts.join(' · ') : null;
}

/** Why something was bad, in one sentence. */
export function verdictSentence(verdict: Verdict): string {
  const first = verdict.causes[0];
  if (first) return causeSentence(first);
  const key = `cause.${verdict.code}`;
  return isKey(key) ? c(key) : verdict.sentence;
}

/** Packets from somebody that were not taken, and why; empty when there were none. */
export function refusedText(refused: Refusals | null): string {
  if (!refused) return '';
  const reasons = (['unauthentic', 'replayed', 'unknown', 'malformed'] as const).filter(
    (reason) => refused[reason] > 0,
  );
  const counts = reasons.map((reason) => c(`refused.${reason}`, { count: refused[reason] }));
  return c('refusedOf', { reasons: counts.join(', ') });
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
