import type { Snowflake } from '~/api/wire';
import { barrierOf } from '~/state/voice';
import { toast } from '~/state/toast';
import { t, withRoomTexts } from '~/text';
import { prefs, savePrefs } from './prefs';
import { callChannel } from './store';

type Call = typeof import('./call');

let coming: Promise<Call> | null = null;
let here: Call | null = null;

/** Load what a call needs, once; a failed try is made again the next time. */
function load(): Promise<Call> {
  coming ??= withRoomTexts(import('./call')).then(
    (loaded) => (here = loaded),
    (error: unknown) => {
      coming = null;
      throw error;
    },
  );
  return coming;
}

/** Join a voice channel, unless the person is there already or may not enter. */
export async function joinVoice(guildId: Snowflake, channelId: Snowflake): Promise<void> {
  if (callChannel() === channelId || barrierOf(channelId) !== null) return;
  try {
    (await load()).join({ guildId, channelId });
  } catch {
    toast.problem(t('error.network'));
  }
}

export const leaveVoice = (): void => here?.leave();
export const toggleCamera = (): void => void here?.toggleCamera();
/** Change between the cameras on the front and the back of a phone. */
export const flipCamera = (): void => void here?.flipCamera();
export const toggleScreen = (): void => void here?.toggleScreen();
/** Let the browser play sound; call it from a click. */
export const startSound = (): void => void here?.startSound();
/** Try the microphone again after it could not be opened. */
export const retryMicrophone = (): void => void here?.retryMicrophone();

/** Let the microphone through while a button is held, as the key does. */
export const holdToTalk = (down: boolean): void => void here?.holdToTalk(down);
/** The hint that one is muted was read. */
export const dismissHint = (): void => void here?.dismissHint();

/** Whoever hears nothing says nothing: unmuting ends both. */
export function toggleMute(): void {
  if (prefs.deafened) savePrefs({ deafened: false, muted: false });
  else savePrefs({ muted: !prefs.muted });
}

export const toggleDeafen = (): void => savePrefs({ deafened: !prefs.deafened });
