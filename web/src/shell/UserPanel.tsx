import { useNavigate } from '@solidjs/router';
import { Show } from 'solid-js';
import type { PresenceStatus } from '~/api/wire';
import { gateway } from '~/state/session';
import { saveSettings } from '~/state/settings';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { Avatar, statusWord } from '~/ui/Avatar';
import { IconButton } from '~/ui/Button';
import { Check, Settings } from '~/ui/icons';
import { Menu, type MenuEntry } from '~/ui/Menu';
import { setPane } from './layout';

const STATUSES: PresenceStatus[] = ['online', 'idle', 'dnd', 'invisible'];

/** Who one is: picture, name, status, and the way to the settings. */
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
            ]}
          />
          <IconButton icon={Settings} label={t('settings.title')} onClick={() => openSettings()} />
        </div>
      )}
    </Show>
  );
}
