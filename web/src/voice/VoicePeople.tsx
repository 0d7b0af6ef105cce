import { For, Show } from 'solid-js';
import type { VoiceState } from '~/api/wire';
import { displayName } from '~/state/select';
import { store } from '~/state/store';
import { voicesIn } from '~/state/voice';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Hand, HeadphoneOff, MicOff, Video } from '~/ui/icons';
import { card, openCard } from './card';
import { isSpeaking } from './store';
import './people.css';

/** What is muted, filmed or shared, in words; for screen readers and as a row of marks. */
export function marksOf(voice: VoiceState): string[] {
  return [
    voice.deaf && t('voice.mark.shut'),
    voice.mute && t('voice.mark.silenced'),
    voice.self_deaf && t('voice.mark.deafened'),
    voice.self_mute && !voice.self_deaf && t('voice.mark.muted'),
    voice.self_video && t('voice.mark.video'),
    voice.self_stream && t('voice.mark.live'),
    voice.request_to_speak_timestamp && t('voice.mark.hand'),
  ].filter((mark): mark is string => typeof mark === 'string');
}

/** The marks of one person: what a moderator did stands out. `bare`: without what one sees anyway. */
export function VoiceMarks(props: { voice: VoiceState; size?: number; bare?: boolean }) {
  const size = () => props.size ?? 15;
  return (
    <span class="voice-marks" aria-hidden="true">
      <Show when={props.voice.request_to_speak_timestamp}>
        <Hand size={size()} />
      </Show>
      <Show when={props.voice.mute || props.voice.self_mute || props.voice.self_deaf}>
        <span classList={{ 'voice-mark-strong': props.voice.mute }}>
          <MicOff size={size()} />
        </span>
      </Show>
      <Show when={props.voice.deaf || props.voice.self_deaf}>
        <span classList={{ 'voice-mark-strong': props.voice.deaf }}>
          <HeadphoneOff size={size()} />
        </span>
      </Show>
      <Show when={props.voice.self_video && !props.bare}>
        <Video size={size()} />
      </Show>
      <Show when={props.voice.self_stream && !props.bare}>
        <span class="live-tag">{t('voice.live')}</span>
      </Show>
    </span>
  );
}

/** The people in a voice channel, under its name. */
export function VoicePeople(props: { channelId: string; guildId: string; name: string }) {
  const ids = () => voicesIn(props.channelId).map((voice) => voice.user_id);
  return (
    <Show when={ids().length > 0}>
      <ul class="voice-people" aria-label={t('voice.in', { name: props.name })}>
        <For each={ids()}>{(userId) => <Person userId={userId} guildId={props.guildId} />}</For>
      </ul>
    </Show>
  );
}

function Person(props: { userId: string; guildId: string }) {
  const voice = () => store.voices[props.guildId]?.[props.userId];
  const name = () => displayName(store.users[props.userId], props.guildId);
  const open = (anchor: HTMLElement) => openCard(props.userId, props.guildId, anchor);
  return (
    <Show when={voice()}>
      {(there) => (
        <li>
          <button
            type="button"
            class="voice-person"
            classList={{ speaking: isSpeaking(props.userId) }}
            aria-label={[name(), ...marksOf(there())].join(', ')}
            aria-haspopup="dialog"
            aria-expanded={card()?.userId === props.userId}
            onClick={(event) => open(event.currentTarget)}
            onContextMenu={(event) => {
              event.preventDefault();
              event.stopPropagation();
              open(event.currentTarget);
            }}
          >
            <Avatar user={store.users[props.userId]} size={24} />
            <span class="voice-person-name">{name()}</span>
            <VoiceMarks voice={there()} />
          </button>
        </li>
      )}
    </Show>
  );
}
