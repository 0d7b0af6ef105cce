import { locale, t } from '~/text';
import { mayTalk, modeIn, ownVoice } from './may';
import { prefs } from './prefs';
import type { Quality } from './quality';
import { isStage } from './stage';
import { call, callChannel, type DeviceProblem } from './store';

/** The sentence about a microphone that gives nothing. */
export const MIC_SENTENCES = {
  denied: 'voice.micDenied',
  none: 'voice.micNone',
  busy: 'voice.micBusy',
  unsupported: 'voice.deviceUnsupported',
  failed: 'voice.micFailed',
} as const satisfies Record<DeviceProblem, string>;

/** What stands in the way of being heard or hearing, and is worth a sentence. */
export function micSentence(): string | null {
  const problem = call.microphoneProblem;
  if (problem) return t(MIC_SENTENCES[problem]);
  const channelId = callChannel();
  if (!channelId) return null;
  const own = ownVoice(channelId);
  const moderated = [own?.mute && t('voice.silenced'), own?.deaf && t('voice.shut')].filter(Boolean);
  if (moderated.length > 0) return moderated.join(' ');
  if (!mayTalk(channelId)) return isStage(channelId) ? null : t('voice.mayNotTalk');
  return modeIn(channelId) === 'push' && !prefs.pushKey ? t('voice.noKey') : null;
}

/** What the call is doing, in two words. */
export const stateWord = (): string => {
  const { name } = call.state;
  return name === 'idle' ? '' : t(`voice.state.${name}`);
};

/** The measured figures of a connection, as far as they are known. */
export function figures(quality: Quality): string {
  const percent = (share: number) =>
    new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 }).format(share);
  return [
    quality.roundTripMs !== null && t('voice.figure.delay', { ms: Math.round(quality.roundTripMs) }),
    quality.lossIn !== null && t('voice.figure.in', { share: percent(quality.lossIn) }),
    quality.lossOut !== null && t('voice.figure.out', { share: percent(quality.lossOut) }),
  ]
    .filter(Boolean)
    .join(' · ');
}
