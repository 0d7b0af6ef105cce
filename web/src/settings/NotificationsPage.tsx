import { createSignal, For, Show } from 'solid-js';
import { toggleMuted } from '~/state/mute';
import { textChannels } from '~/state/select';
import { saveSettings } from '~/state/settings';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { GuildIcon } from '~/ui/Avatar';
import { SwitchRow } from '~/ui/Field';
import { ChevronDown } from '~/ui/icons';

const supported = 'Notification' in window;

/** What makes itself heard outside the page, and what stays silent. */
export function NotificationsPage() {
  const [permission, setPermission] = createSignal(supported ? Notification.permission : 'denied');
  const notifications = () => store.settings.notifications;
  const save = (change: Partial<ReturnType<typeof notifications>>) =>
    void saveSettings({ notifications: { ...notifications(), ...change } }).catch(toast.error);
  const setDesktop = async (on: boolean) => {
    if (on && supported && Notification.permission === 'default') setPermission(await Notification.requestPermission());
    if (on && supported && Notification.permission !== 'granted') return;
    save({ desktop: on });
  };
  return (
    <div class="settings-page">
      <section class="settings-section">
        <SwitchRow
          label={t('notifications.desktop')}
          hint={t('notifications.desktopHint')}
          checked={notifications().desktop && permission() === 'granted'}
          disabled={!supported || permission() === 'denied'}
          onChange={(on) => void setDesktop(on)}
        />
        <Show when={!supported || permission() === 'denied'}>
          <p class="settings-note settings-note-warn">
            {supported ? t('notifications.denied') : t('notifications.unsupported')}
          </p>
        </Show>
        <SwitchRow
          label={t('notifications.title')}
          hint={t('notifications.titleHint')}
          checked={notifications().title}
          onChange={(title) => save({ title })}
        />
      </section>
      <section class="settings-section">
        <h3>{t('notifications.muted')}</h3>
        <p class="field-hint">{t('notifications.mutedHint')}</p>
        <For each={store.guildOrder} fallback={<p class="settings-empty">{t('notifications.noGuilds')}</p>}>
          {(guildId) => <GuildMutes guildId={guildId} />}
        </For>
      </section>
    </div>
  );
}

function GuildMutes(props: { guildId: string }) {
  const [open, setOpen] = createSignal(false);
  const guild = () => store.guilds[props.guildId];
  const muted = (id: string) => store.settings.notifications.muted.includes(id);
  const toggle = (id: string) => void toggleMuted(id).catch(toast.error);
  const id = () => `mutes-${props.guildId}`;
  return (
    <Show when={guild()}>
      {(known) => (
        <div class="mutes">
          <div class="mutes-head">
            <GuildIcon id={known().id} name={known().name} icon={known().icon} size={36} />
            <SwitchRow
              label={known().name}
              hint={muted(props.guildId) ? t('notifications.guildMuted') : t('notifications.guildHeard')}
              checked={!muted(props.guildId)}
              onChange={() => toggle(props.guildId)}
            />
          </div>
          <button
            type="button"
            class="mutes-more"
            aria-expanded={open()}
            aria-controls={id()}
            onClick={() => setOpen(!open())}
          >
            <ChevronDown size={16} aria-hidden="true" class={open() ? '' : 'folded'} />
            {t('notifications.channels')}
          </button>
          <div class="mutes-channels" id={id()} hidden={!open()}>
            <Show when={open()}>
              <For each={textChannels(props.guildId)}>
                {(channel) => (
                  <SwitchRow
                    label={`#${channel.name ?? ''}`}
                    checked={!muted(channel.id) && !muted(props.guildId)}
                    disabled={muted(props.guildId)}
                    onChange={() => toggle(channel.id)}
                  />
                )}
              </For>
            </Show>
          </div>
        </div>
      )}
    </Show>
  );
}
