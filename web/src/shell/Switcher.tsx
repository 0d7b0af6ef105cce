import { Dialog } from '@kobalte/core/dialog';
import { useNavigate } from '@solidjs/router';
import { createEffect, createMemo, createSignal, For, type JSX } from 'solid-js';
import { me as meApi } from '~/api/calls';
import { matchScore } from '~/chat/completion';
import { channelName, directChannels, displayName, isUnread, textChannels, voiceChannels } from '~/state/select';
import { saveSettings } from '~/state/settings';
import { setStore, store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { Avatar, GuildIcon } from '~/ui/Avatar';
import { Hash, Keyboard, Moon, Plus, Settings, Volume } from '~/ui/icons';
import { takeAhead } from './ahead';
import { openLayer } from './layer';
import { setPane } from './layout';
import '~/ui/dialog.css';
import './switcher.css';

interface Goal {
  label: string;
  hint: string;
  icon: () => JSX.Element;
  score: number;
  run: () => void;
}

const SHOWN = 10;

/** Type a few letters to go to a channel, a person, a guild or an action. */
export function Switcher(props: { onClose: () => void }) {
  const navigate = useNavigate();
  const [query, setQuery] = createSignal('');
  const [active, setActive] = createSignal(0);
  const go = (path: string) => {
    props.onClose();
    setPane('main');
    navigate(path);
  };
  const direct = async (userId: string) => {
    try {
      const channel = await meApi.openDirect(userId);
      if (!store.channels[channel.id]) setStore('channels', channel.id, channel);
      go(`/direct/${channel.id}`);
    } catch (error) {
      toast.error(error);
    }
  };

  const goals = createMemo((): Goal[] => {
    const wanted = query().trim().toLowerCase().replace(/^[#@]/, '');
    const found: Goal[] = [];
    const add = (label: string, hint: string, bonus: number, icon: () => JSX.Element, run: () => void) => {
      const score = wanted === '' ? 1 : matchScore(label, wanted);
      if (score > 0) found.push({ label, hint, icon, score: score + bonus, run });
    };
    for (const guildId of store.guildOrder) {
      const guild = store.guilds[guildId];
      if (!guild) continue;
      add(
        guild.name,
        t('switcher.guild'),
        0.1,
        () => <GuildIcon id={guild.id} name={guild.name} icon={guild.icon} size={24} />,
        () => go(`/guilds/${guildId}`),
      );
      for (const channel of voiceChannels(guildId)) {
        add(
          channel.name ?? '',
          guild.name,
          0.1,
          () => <Volume size={18} aria-hidden="true" />,
          () => go(`/guilds/${guildId}/${channel.id}`),
        );
      }
      for (const channel of textChannels(guildId)) {
        const bonus = isUnread(channel.id) ? 0.5 : 0.2;
        add(
          channel.name ?? '',
          guild.name,
          bonus,
          () => <Hash size={18} aria-hidden="true" />,
          () => go(`/guilds/${guildId}/${channel.id}`),
        );
      }
    }
    const talked = new Set<string>();
    for (const channel of directChannels()) {
      const other = channel.recipients?.[0];
      if (other) talked.add(other.id);
      add(
        channelName(channel),
        t('switcher.direct'),
        0.4,
        () => <Avatar user={store.users[other?.id ?? ''] ?? other} size={24} />,
        () => go(`/direct/${channel.id}`),
      );
    }
    if (wanted !== '') {
      for (const user of Object.values(store.users)) {
        if (talked.has(user.id) || user.id === store.me?.id || user.bot) continue;
        add(
          displayName(user),
          user.username,
          0,
          () => <Avatar user={user} size={24} />,
          () => void direct(user.id),
        );
      }
      actions(go).forEach(([label, icon, run]) => {
        add(label, t('switcher.action'), 0, icon, () => {
          props.onClose();
          run();
        });
      });
    }
    return found.sort((a, b) => b.score - a.score).slice(0, SHOWN);
  });
  const ask = (text: string) => {
    setQuery(text);
    setActive(0);
  };
  createEffect(() => document.getElementById(`goal-${active()}`)?.scrollIntoView({ block: 'nearest' }));
  /** Whether the key moves or chooses. */
  const steer = (key: string): boolean => {
    const count = goals().length;
    if (key === 'ArrowDown') setActive((active() + 1) % Math.max(1, count));
    else if (key === 'ArrowUp') setActive((active() - 1 + count) % Math.max(1, count));
    else if (key === 'Enter') goals()[active()]?.run();
    else return false;
    return true;
  };
  const onKey = (event: KeyboardEvent) => {
    if (steer(event.key)) event.preventDefault();
  };
  let input!: HTMLInputElement;
  const begin = (event: Event) => {
    event.preventDefault();
    input.focus();
    for (const key of takeAhead()) {
      if (key === 'Backspace') ask(query().slice(0, -1));
      else if (key.length === 1) ask(query() + key);
      else steer(key);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()} modal>
      <Dialog.Portal>
        <Dialog.Overlay class="dialog-scrim" />
        <div class="dialog-place switcher-place">
          <Dialog.Content class="dialog switcher" onOpenAutoFocus={begin}>
            <Dialog.Title class="visually-hidden">{t('switcher.title')}</Dialog.Title>
            <input
              ref={input}
              class="switcher-input"
              type="text"
              role="combobox"
              aria-expanded="true"
              aria-controls="goals"
              aria-activedescendant={`goal-${active()}`}
              aria-label={t('switcher.title')}
              placeholder={t('switcher.hint')}
              autocomplete="off"
              value={query()}
              onInput={(event) => ask(event.currentTarget.value)}
              onKeyDown={onKey}
            />
            <div class="goals" id="goals" role="listbox" aria-label={t('switcher.title')}>
              <For each={goals()} fallback={<p class="goals-none">{t('switcher.none')}</p>}>
                {(goal, index) => (
                  <div
                    id={`goal-${index()}`}
                    class="goal"
                    role="option"
                    tabindex="-1"
                    aria-selected={active() === index()}
                    onMouseMove={() => setActive(index())}
                    onClick={() => goal.run()}
                  >
                    {goal.icon()}
                    <span class="goal-label">{goal.label}</span>
                    <span class="goal-hint">{goal.hint}</span>
                  </div>
                )}
              </For>
            </div>
          </Dialog.Content>
        </div>
      </Dialog.Portal>
    </Dialog>
  );
}

const actions = (go: (path: string) => void): [string, () => JSX.Element, () => void][] => [
  [t('settings.title'), () => <Settings size={18} aria-hidden="true" />, () => go('/settings')],
  [t('rail.add'), () => <Plus size={18} aria-hidden="true" />, () => openLayer({ name: 'add-guild' })],
  [t('shortcuts.title'), () => <Keyboard size={18} aria-hidden="true" />, () => openLayer({ name: 'shortcuts' })],
  [
    t('switcher.theme'),
    () => <Moon size={18} aria-hidden="true" />,
    () => {
      const dark = document.documentElement.dataset.theme === 'dark';
      void saveSettings({ theme: dark ? 'light' : 'dark' }).catch(toast.error);
    },
  ],
];
