import { useNavigate } from '@solidjs/router';
import { Show } from 'solid-js';
import type { PresenceStatus } from '~/api/wire';
import { gateway } from '~/state/session';
import { saveSettings } from '~/state/settings';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { hasVoice } from '~/state/voice';
import { t } from '~/text';
import { Avatar, statusWord } from '~/ui/Avatar';
import { IconButton } from '~/ui/Button';
import { Check, HeadphoneOff, Headphones, Mic, MicOff, Settings } from '~/ui/icons';
import { Menu } from '~/ui/Menu';
import type { MenuEntry } from '~/ui/menuEntry';
import { toggleDeafen, toggleMute } from '~/voice/door';
import { isMuted, prefs } from '~/voice/prefs';
import { setPane } from './layout';

const STATUSES: PresenceStatus[] = ['online', 'idle', 'dnd', 'invisible'];

/** Who one is: picture, name, status, what one says and hears in calls, and the way to the settings. */
export function UserPanel() {
  const navigate = useNavigate();
  const choose = (status: PresenceStatus) => {
    gateway.setStatus(status);
    void saveSettings({ status }).catch(toast.error);
  };
  const openSettings = (page = '') => {
    setPane('main');
    navigate(`/settings${page}`);
  };
  return (
    <Show when={store.me}>
      {(me) => (
        <div class="user-panel">
          <Menu
            class="user-panel-who"
            label={t('user.menu', { name: me().global_name || me().username })}
            placement="top-start"
            trigger={
              <>
                <Avatar user={me()} size={32} status={store.settings.status} />
                <span class="user-panel-names">
                  <span class="user-panel-name">{me().global_name || me().username}</span>
                  <span class="user-panel-status">{statusWord(store.settings.status)}</span>
                </span>
              </>
            }
            entries={() => [
              ...STATUSES.map(
                (status): MenuEntry => ({
                  label: statusWord(status),
                  ...(status === store.settings.status ? { icon: Check } : {}),
                  run: () => choose(status),
                }),
              ),
              null,
              { label: t('settings.profile'), run: () => openSettings('/profile') },
              me().is_administrator === true && { label: t('user.console'), run: () => navigate('/console/calls') },
            ]}
          />
          <Show when={hasVoice()}>
            <VoiceSwitches />
          </Show>
          <IconButton icon={Settings} label={t('settings.title')} onClick={() => openSettings()} />
        </div>
      )}
    </Show>
  );
}

/** Mute and deafen, in a call and ahead of it. Icons show what is, labels say what pressing does. */
function VoiceSwitches() {
  return (
    <>
      <IconButton
        class={isMuted() ? 'icon-button-off' : ''}
        icon={isMuted() ? MicOff : Mic}
        label={isMuted() ? t('voice.unmute') : t('voice.mute')}
        onClick={toggleMute}
      />
      <IconButton
        class={prefs.deafened ? 'icon-button-off' : ''}
        icon={prefs.deafened ? HeadphoneOff : Headphones}
        label={prefs.deafened ? t('voice.undeafen') : t('voice.deafen')}
        onClick={toggleDeafen}
      />
    </>
  );
}
