import type { LocalVideoTrack, RemoteVideoTrack } from 'livekit-client';
import { createSignal } from 'solid-js';
import { createStore, produce } from 'solid-js/store';
import type { Snowflake } from '~/api/wire';
import { onForget } from '~/state/store';
import { IDLE, isIn, placeOf, type State } from './machine';
import { type Quality, UNKNOWN } from './quality';

/** Why a device gives nothing; each has its sentence. */
export type DeviceProblem = 'denied' | 'none' | 'busy' | 'unsupported' | 'failed';

/** A camera or a shared screen as it can be shown. */
export interface Feed {
  track: LocalVideoTrack | RemoteVideoTrack;
  local: boolean;
  /** The server holds it back for lack of bandwidth. */
  paused: boolean;
}

/** What the media tells of one person in the call. */
export interface PersonMedia {
  /** The name in the token, for those who are in no guild. */
  name: string;
  speaking: boolean;
  camera: Feed | null;
  screen: Feed | null;
  /** Their connection is poor. */
  weak: boolean;
}

export type Sending = 'off' | 'starting' | 'on';

/** What is known of the call, as shown. */
interface CallMedia {
  people: Record<Snowflake, PersonMedia>;
  /** Unix milliseconds since when the person is in. */
  since: number | null;
  camera: Sending;
  screen: Sending;
  microphoneProblem: DeviceProblem | null;
  /** The key that opens the microphone is held, or was let go just now. */
  pushed: boolean;
  /** The person talks, and is muted. */
  talksMuted: boolean;
  /** The browser plays no sound until it is asked to by a click. */
  silent: boolean;
  quality: Quality;
}

const initial = (): CallMedia => ({
  people: {},
  since: null,
  camera: 'off',
  screen: 'off',
  microphoneProblem: null,
  pushed: false,
  talksMuted: false,
  silent: false,
  quality: UNKNOWN,
});

// Apart, since stores change objects in place, and the machine's are its own.
const [state, setState] = createSignal<State>(IDLE);
const [call, setCall] = createStore<CallMedia & { readonly state: State }>({
  ...initial(),
  get state() {
    return state();
  },
});
export { call, setCall, setState as setCallState };
onForget(() => {
  setState(IDLE);
  setCall(initial());
});

/** The own microphone: level in dBFS and whether it lets through. Apart from the store, since it changes all the time. */
const [ownLevel, setOwnLevel] = createSignal<{ level: number; open: boolean }>({ level: -100, open: false });
export { ownLevel, setOwnLevel };

export const nobody = (): PersonMedia => ({ name: '', speaking: false, camera: null, screen: null, weak: false });

/** Change what is known of one person's media; they are made known by it. */
export function setPerson(userId: Snowflake, change: Partial<PersonMedia>): void {
  if (!call.people[userId]) setCall('people', userId, nobody());
  setCall('people', userId, change);
}

export function forgetPersonMedia(userId: Snowflake): void {
  setCall(
    'people',
    produce((people) => void delete people[userId]),
  );
}

/** The voice channel that the person is in or on the way to. */
export const callChannel = (): Snowflake | null => (isIn(call.state) ? (placeOf(call.state)?.channelId ?? null) : null);

/** Whether someone can be heard speaking in the call of this page. */
export const isSpeaking = (userId: Snowflake): boolean => call.people[userId]?.speaking ?? false;
