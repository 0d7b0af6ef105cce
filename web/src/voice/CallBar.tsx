import { useLocation, useNavigate } from '@solidjs/router';
import { Show } from 'solid-js';
import { pane, setPane } from '~/shell/layout';
import { store } from '~/state/store';
import { t } from '~/text';
import { IconButton } from '~/ui/Button';
import { Mic, MicOff, PhoneOff, Volume } from '~/ui/icons';
import { leaveVoice, toggleMute } from './door';
import { isMuted } from './prefs';
import { placeOf } from './machine';
import { call } from './store';
import { stateWord } from './words';
import './panel.css';

/** On a phone: the call in one line while something else fills the screen. */
export function CallBar() {
  const navigate = useNavigate();
  const here = useLocation();
  const place = () => placeOf(call.state);
  const path = () => `/guilds/${place()?.guildId}/${place()?.channelId}`;
  const name = () => store.channels[place()?.channelId ?? '']?.name ?? '';
  const shown = () => pane() !== 'nav' && !here.pathname.startsWith(path());
  return (
    <Show when={shown()}>
      <section class="call-bar" aria-label={t('voice.panel')}>
        <button
          type="button"
          class="call-bar-place"
          aria-label={t('voice.open', { name: name() })}
          onClick={() => {
            setPane('main');
            navigate(path());
          }}
        >
          <Volume size={18} aria-hidden="true" />
          <span class="call-bar-name">{name()}</span>
          <span class="call-bar-state" role="status">
            {call.state.name !== 'connected' ? stateWord() : call.talksMuted ? t('voice.youAreMuted') : ''}
          </span>
        </button>
        <IconButton
          class={isMuted() ? 'icon-button-off' : ''}
          icon={isMuted() ? MicOff : Mic}
          label={isMuted() ? t('voice.unmute') : t('voice.mute')}
          onClick={toggleMute}
        />
        <IconButton icon={PhoneOff} tone="danger" label={t('voice.leave')} onClick={leaveVoice} />
      </section>
    </Show>
  );
}
