import type { Navigator } from '@solidjs/router';
import { directChannels, isUnread, textChannels } from '~/state/select';
import { markRead } from '~/state/read';
import { store } from '~/state/store';
import { toggleDeafen, toggleMute } from '~/voice/door';
import { openSwitcher } from './ahead';
import { closeLayer, layer, openLayer } from './layer';

const inText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Whether the key goes to an open menu: letters lead to its lines, Esc closes it. */
const inMenu = (target: EventTarget | null): boolean => target instanceof Element && !!target.closest('[role="menu"]');

/** The place in the address: guild (null among direct messages) and channel. */
export function place(): { guildId: string | null; channelId: string | null } {
  const [, area, first, second] = location.pathname.split('/');
  if (area === 'guilds') return { guildId: first ?? null, channelId: second && second !== 'settings' ? second : null };
  return { guildId: null, channelId: area === 'direct' ? (first ?? null) : null };
}

/** Shortcuts that work everywhere. Returns what stops them. */
export function followKeys(navigate: Navigator): () => void {
  const step = (by: 1 | -1, unreadOnly: boolean) => {
    const { guildId, channelId } = place();
    const list = guildId ? textChannels(guildId) : directChannels();
    const start = list.findIndex((channel) => channel.id === channelId);
    for (let count = 1; count <= list.length; count++) {
      const next = list[(start + by * count + list.length * 2) % list.length];
      if (next && next.id !== channelId && (!unreadOnly || isUnread(next.id))) {
        navigate(guildId ? `/guilds/${guildId}/${next.id}` : `/direct/${next.id}`);
        return;
      }
    }
  };
  const stepGuild = (by: 1 | -1) => {
    const list = [null, ...store.guildOrder];
    const next = list[(list.indexOf(place().guildId) + by + list.length) % list.length];
    navigate(next ? `/guilds/${next}` : '/direct');
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      if (layer()?.name === 'switcher') closeLayer();
      else openSwitcher();
      return;
    }
    if (command && event.shiftKey && !event.altKey && /^Key[MD]$/.test(event.code)) {
      event.preventDefault();
      if (event.repeat) return;
      if (event.code === 'KeyM') toggleMute();
      else toggleDeafen();
      return;
    }
    if (layer() || inMenu(event.target)) return;
    if (event.altKey && !command && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      step(event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
    } else if (command && event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      stepGuild(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === '?' && !inText(event.target) && !command) {
      event.preventDefault();
      openLayer({ name: 'shortcuts' });
    } else if (event.key === 'Escape' && (!inText(event.target) || (event.target as HTMLElement).id === 'composer')) {
      const { channelId } = place();
      if (channelId) {
        markRead(channelId);
        document.dispatchEvent(new CustomEvent('hubbub:to-newest'));
      }
    } else if (!inText(event.target) && !command && !event.altKey && event.key.length === 1 && event.key !== ' ') {
      document.getElementById('composer')?.focus();
    }
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
