import { produce, reconcile } from 'solid-js/store';
import type { Snowflake, VoiceState } from '~/api/wire';
import { canIn, displayName } from './select';
import { setStore, store } from './store';

/** Take what a guild tells of who is in voice, in place of what was known. */
export function takeVoices(guildId: Snowflake, voices: readonly VoiceState[]): void {
  const there = voices.filter((voice) => voice.channel_id !== null);
  setStore('voices', guildId, reconcile(Object.fromEntries(there.map((voice) => [voice.user_id, bare(voice)]))));
}

/** Take one member's change: they came, moved, left, or muted something. */
export function putVoice(guildId: Snowflake, voice: VoiceState): void {
  if (!store.voices[guildId]) setStore('voices', guildId, {});
  if (voice.channel_id === null) {
    setStore(
      'voices',
      guildId,
      produce((voices) => void delete voices[voice.user_id]),
    );
  } else setStore('voices', guildId, voice.user_id, reconcile(bare(voice)));
}

/** Members and users have tables of their own. */
const bare = ({ member: _, ...voice }: VoiceState): VoiceState => voice;

/** Who is in a voice channel, by name. */
export function voicesIn(channelId: Snowflake): VoiceState[] {
  const guildId = store.channels[channelId]?.guild_id;
  if (!guildId) return [];
  const name = (voice: VoiceState) => displayName(store.users[voice.user_id], guildId);
  return Object.values(store.voices[guildId] ?? {})
    .filter((voice) => voice.channel_id === channelId)
    .sort((a, b) => name(a).localeCompare(name(b)));
}

/** How many are in a voice channel. */
export function voiceCount(channelId: Snowflake): number {
  const guildId = store.channels[channelId]?.guild_id ?? '';
  return Object.values(store.voices[guildId] ?? {}).filter((voice) => voice.channel_id === channelId).length;
}

/** Whether this server carries voice at all; before it has said so, it does. */
export const hasVoice = (): boolean => store.instance?.features?.voice !== false;

/** What a call must hear of the gateway beside what the store shows. */
export type VoiceListener = (type: string, data: unknown) => void;
let listener: VoiceListener | null = null;

/** Say who hears of voice; there is one call at most. */
export const onVoice = (hear: VoiceListener): void => void (listener = hear);

const HEARD: ReadonlySet<string> = new Set(['READY', 'RESUMED', 'VOICE_STATE_UPDATE', 'VOICE_SERVER_UPDATE']);

/** Pass a dispatch on to the call, if it concerns one. */
export function hearVoice(type: string, data: unknown): void {
  if (HEARD.has(type)) listener?.(type, data);
}

/** What keeps the person out of a voice channel, if anything does. */
export type Barrier = 'connect' | 'full';

/** Return what keeps the person from joining a channel where they are not yet. */
export function barrierOf(channelId: Snowflake): Barrier | null {
  const channel = store.channels[channelId];
  if (!channel) return 'connect';
  if (!canIn(channelId, 'CONNECT')) return 'connect';
  const own = store.voices[channel.guild_id ?? '']?.[store.me?.id ?? ''];
  if (own?.channel_id === channelId) return null;
  const limit = channel.user_limit ?? 0;
  return limit > 0 && voiceCount(channelId) >= limit && !canIn(channelId, 'MOVE_MEMBERS') ? 'full' : null;
}
