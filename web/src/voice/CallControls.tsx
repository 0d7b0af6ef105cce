import { Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { store } from '~/state/store';
import { t } from '~/text';
import type { IconType } from '~/ui/Button';
import {
  Hand,
  HeadphoneOff,
  Headphones,
  Mic,
  MicOff,
  PhoneOff,
  Radio,
  ScreenShare,
  ScreenShareOff,
  SwitchCamera,
  Users,
  Video,
  VideoOff,
} from '~/ui/icons';
import { flipCamera, leaveVoice, toggleCamera, toggleDeafen, toggleMute, toggleScreen } from './door';
import { mayShare } from './may';
import { isMuted, prefs } from './prefs';
import { isStage, mayRaiseHand, maySpeakUnasked, raiseHand, setSpeaker } from './stage';
import { call } from './store';

interface ControlProps {
  icon: IconType;
  label: string;
  onClick: () => void;
  /** `off`: what is shut and matters; `on`: what is being sent. */
  tone?: 'off' | 'on' | 'end' | undefined;
  disabled?: boolean;
}

function Control(props: ControlProps) {
  return (
    <button
      type="button"
      class={`control ${props.tone ? `control-${props.tone}` : ''}`}
      aria-label={props.label}
      data-tooltip=""
      disabled={props.disabled}
      onClick={() => props.onClick()}
    >
      <Dynamic component={props.icon} size={22} aria-hidden="true" />
    </button>
  );
}

const canShareScreen = 'getDisplayMedia' in (navigator.mediaDevices ?? {});
const hasTwoCameras = matchMedia('(pointer: coarse)').matches;

/** What one does in a call, in reach of a thumb. */
export function CallControls(props: { channelId: string }) {
  const own = () => store.voices[store.channels[props.channelId]?.guild_id ?? '']?.[store.me?.id ?? ''];
  const listening = () => isStage(props.channelId) && own()?.suppress === true;
  return (
    <div class="controls" role="group" aria-label={t('voice.controls')}>
      <Show
        when={!listening()}
        fallback={<ListenerControls channelId={props.channelId} raised={Boolean(own()?.request_to_speak_timestamp)} />}
      >
        <Control
          icon={isMuted() || own()?.mute ? MicOff : Mic}
          label={isMuted() ? t('voice.unmute') : t('voice.mute')}
          tone={isMuted() || own()?.mute ? 'off' : undefined}
          onClick={toggleMute}
        />
      </Show>
      <Control
        icon={prefs.deafened || own()?.deaf ? HeadphoneOff : Headphones}
        label={prefs.deafened ? t('voice.undeafen') : t('voice.deafen')}
        tone={prefs.deafened || own()?.deaf ? 'off' : undefined}
        onClick={toggleDeafen}
      />
      <Show when={!listening()}>
        <Control
          icon={call.camera === 'off' ? VideoOff : Video}
          label={call.camera === 'off' ? t('voice.camera') : t('voice.cameraOff')}
          tone={call.camera === 'on' ? 'on' : undefined}
          disabled={!mayShare() || call.camera === 'starting'}
          onClick={toggleCamera}
        />
        <Show when={hasTwoCameras && call.camera === 'on'}>
          <Control icon={SwitchCamera} label={t('voice.flip')} onClick={flipCamera} />
        </Show>
        <Show when={canShareScreen}>
          <Control
            icon={call.screen === 'off' ? ScreenShare : ScreenShareOff}
            label={call.screen === 'off' ? t('voice.screen') : t('voice.screenOff')}
            tone={call.screen === 'on' ? 'on' : undefined}
            disabled={!mayShare() || call.screen === 'starting'}
            onClick={toggleScreen}
          />
        </Show>
        <Show when={isStage(props.channelId)}>
          <Control icon={Users} label={t('voice.stepDown')} onClick={() => setSpeaker(props.channelId, false)} />
        </Show>
      </Show>
      <Control icon={PhoneOff} label={t('voice.leave')} tone="end" onClick={leaveVoice} />
    </div>
  );
}

/** In a stage's audience: ask to speak, or go onto the stage where one may. */
function ListenerControls(props: { channelId: string; raised: boolean }) {
  return (
    <>
      <Show when={maySpeakUnasked(props.channelId)}>
        <Control icon={Radio} label={t('voice.becomeSpeaker')} onClick={() => setSpeaker(props.channelId, true)} />
      </Show>
      <Show when={mayRaiseHand(props.channelId)}>
        <Control
          icon={Hand}
          label={props.raised ? t('voice.lower') : t('voice.raise')}
          tone={props.raised ? 'on' : undefined}
          onClick={() => raiseHand(props.channelId, !props.raised)}
        />
      </Show>
    </>
  );
}
