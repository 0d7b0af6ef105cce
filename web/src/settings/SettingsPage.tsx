import { useParams } from '@solidjs/router';
import { type Component, createMemo, lazy } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import { confirm } from '~/shell/layer';
import { signOut } from '~/state/session';
import { hasVoice } from '~/state/voice';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Bell, Info, KeyRound, LogOut, Mic, Monitor, Palette, User } from '~/ui/icons';
import { type SettingsEntry, SettingsFrame } from './SettingsFrame';

const PAGES: Record<string, Component> = {
  profile: lazy(async () => ({ default: (await import('./ProfilePage')).ProfilePage })),
  account: lazy(async () => ({ default: (await import('./AccountPage')).AccountPage })),
  sessions: lazy(async () => ({ default: (await import('./SessionsPage')).SessionsPage })),
  appearance: lazy(async () => ({ default: (await import('./AppearancePage')).AppearancePage })),
  notifications: lazy(async () => ({ default: (await import('./NotificationsPage')).NotificationsPage })),
  voice: lazy(async () => ({ default: (await import('./VoicePage')).VoicePage })),
  about: lazy(async () => ({ default: (await import('./AboutPage')).AboutPage })),
};

/** The person's own settings. */
export function SettingsPage() {
  const params = useParams<{ page?: string }>();
  const chosen = () => params.page !== undefined && params.page in PAGES;
  const current = () => (chosen() ? (params.page ?? 'profile') : 'profile');
  const entries = createMemo((): SettingsEntry[] => [
    { id: 'profile', label: t('settings.profile'), icon: User },
    { id: 'account', label: t('settings.account'), icon: KeyRound },
    { id: 'sessions', label: t('settings.sessions'), icon: Monitor },
    { id: 'appearance', label: t('settings.appearance'), icon: Palette },
    { id: 'notifications', label: t('settings.notifications'), icon: Bell },
    ...(hasVoice() ? [{ id: 'voice', label: t('settings.voice'), icon: Mic }] : []),
    { id: 'about', label: t('settings.about'), icon: Info },
  ]);
  const leave = () => confirm(t('settings.logOutTitle'), t('settings.logOutText'), t('settings.logOut'), signOut);
  return (
    <SettingsFrame
      title={t('settings.title')}
      base="/settings"
      entries={entries()}
      current={current()}
      chosen={chosen()}
      foot={
        <Button kind="plain" icon={LogOut} onClick={leave}>
          {t('settings.logOut')}
        </Button>
      }
    >
      <Dynamic component={PAGES[current()]} />
    </SettingsFrame>
  );
}
