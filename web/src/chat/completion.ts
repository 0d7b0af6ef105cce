import { createSignal } from 'solid-js';
import type { Command, User } from '~/api/wire';
import { loadEmojis, searchEmojis } from '~/emoji/catalogue';
import { canIn, displayName, sortedRoles, textChannels } from '~/state/select';
import { gateway } from '~/state/session';
import { store } from '~/state/store';
import { commandsOf } from './commands';

const SHOWN = 8;
/** Below this many members known, more are asked for by name. */
const ASK_AFTER_MS = 200;

/** One thing that a few letters may become. */
export type Suggestion =
  | { kind: 'user'; user: User; label: string; insert: string }
  | { kind: 'role'; id: string; label: string; color: number; insert: string }
  | { kind: 'everyone'; label: string; insert: string }
  | { kind: 'channel'; id: string; label: string; insert: string }
  | { kind: 'emoji'; label: string; glyph: string; insert: string }
  | { kind: 'custom'; id: string; label: string; animated: boolean; insert: string }
  | { kind: 'command'; command: Command; label: string; insert: string };

interface Field {
  read: () => { text: string; caret: number };
  replace: (start: number, end: number, value: string) => void;
}

/** What is being typed at the caret: `@na`, `#ge`, `:smi` or, at the start, `/com`. */
export function wordAt(
  text: string,
  caret: number,
): { mark: '@' | '#' | ':' | '/'; query: string; start: number } | null {
  const before = text.slice(0, caret);
  const command = /^\/([-\w\p{L}]{0,32})$/u.exec(before);
  if (command) return { mark: '/', query: command[1] ?? '', start: 0 };
  const match = /(?:^|[\s(])([@#:])([^\s@#:]{0,32})$/u.exec(before);
  if (!match) return null;
  const mark = match[1] as '@' | '#' | ':';
  const query = match[2] ?? '';
  if (mark === ':' && query.length < 2) return null;
  return { mark, query, start: caret - query.length - 1 };
}

/** Completion in the composer: people, roles, channels, emojis, commands. */
export function createCompletion(channelId: string, field: Field) {
  const [list, setList] = createSignal<readonly Suggestion[]>([]);
  const [active, setActive] = createSignal(0);
  const [command, setCommand] = createSignal<Command | null>(null);
  const guildId = () => store.channels[channelId]?.guild_id;
  let start = 0;
  let asked = '';
  let asking: ReturnType<typeof setTimeout> | undefined;

  const askMembers = (query: string) => {
    const guild = guildId();
    if (!guild || query === '' || query === asked) return;
    asked = query;
    clearTimeout(asking);
    asking = setTimeout(() => {
      if (gateway.requestMembers(guild, query, 10)) setTimeout(update, 300);
    }, ASK_AFTER_MS);
  };

  function update(): void {
    const { text, caret } = field.read();
    const word = wordAt(text, caret);
    if (!word) return close();
    start = word.start;
    const query = word.query.toLowerCase();
    if (word.mark === '@') {
      const found = mentions(channelId, guildId(), query);
      if (found.length < SHOWN) askMembers(query);
      show(found);
    } else if (word.mark === '#') {
      show(channels(guildId(), query));
    } else if (word.mark === ':') {
      show(emojis(guildId(), query));
      void loadEmojis().then(() => {
        const now = wordAt(field.read().text, field.read().caret);
        if (now?.mark === ':' && now.query.toLowerCase() === query) show(emojis(guildId(), query));
      });
    } else {
      const guild = guildId();
      if (!guild || !canIn(channelId, 'USE_APPLICATION_COMMANDS')) return close();
      void commandsOf(guild).then((all) => {
        const now = wordAt(field.read().text, field.read().caret);
        if (now?.mark === '/' && now.query.toLowerCase() === query) show(commands(all, query));
      });
    }
  }

  function show(found: readonly Suggestion[]): void {
    setList(found.slice(0, SHOWN));
    setActive(0);
  }

  function close(): void {
    setList([]);
  }

  function choose(suggestion: Suggestion | undefined): void {
    if (!suggestion) return;
    close();
    const { caret } = field.read();
    if (suggestion.kind === 'command') {
      field.replace(0, field.read().text.length, '');
      setCommand(suggestion.command);
    } else {
      field.replace(start, caret, `${suggestion.insert} `);
    }
  }

  return {
    list,
    active,
    setActive,
    open: () => list().length > 0,
    activeId: () => (list().length > 0 ? `completion-${active()}` : undefined),
    update,
    close,
    choose,
    command,
    dropCommand: () => setCommand(null),
    /** Takes the keys that move in and choose from the list; returns whether it took this one. */
    onKey: (event: KeyboardEvent): boolean => {
      const count = list().length;
      if (count === 0) return false;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        setActive((active() + (event.key === 'ArrowDown' ? 1 : -1) + count) % count);
      } else if (event.key === 'Enter' || event.key === 'Tab') {
        choose(list()[active()]);
      } else if (event.key === 'Escape') {
        close();
      } else {
        return false;
      }
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}

export type Completion = ReturnType<typeof createCompletion>;

/** Whether a name has the letters, and how well: a start counts more than a middle. 0 is not at all. */
export function matchScore(name: string, query: string): number {
  const index = name.toLowerCase().indexOf(query);
  if (index < 0) return 0;
  return index === 0 ? 3 : /[\s_-]/.test(name[index - 1] ?? '') ? 2 : 1;
}

function mentions(channelId: string, guildId: string | undefined, query: string): Suggestion[] {
  const ids = guildId
    ? Object.keys(store.members[guildId] ?? {})
    : [...(store.channels[channelId]?.recipients ?? []).map((user) => user.id), store.me?.id ?? ''];
  const people = ids
    .map((id) => ({ user: store.users[id], label: displayName(store.users[id], guildId) }))
    .filter((one): one is { user: User; label: string } => one.user !== undefined)
    .map((one) => ({ ...one, score: Math.max(matchScore(one.label, query), matchScore(one.user.username, query)) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score || a.label.localeCompare(b.label))
    .slice(0, SHOWN)
    .map((one): Suggestion => ({ kind: 'user', user: one.user, label: one.label, insert: `<@${one.user.id}>` }));
  if (!guildId) return people;
  const everyone = canIn(channelId, 'MENTION_EVERYONE');
  const roles = sortedRoles(guildId)
    .filter((role) => role.id !== guildId && (role.mentionable || everyone) && matchScore(role.name, query) > 0)
    .map(
      (role): Suggestion => ({
        kind: 'role',
        id: role.id,
        label: role.name,
        color: role.color,
        insert: `<@&${role.id}>`,
      }),
    );
  const all = everyone
    ? ['everyone', 'here']
        .filter((word) => word.startsWith(query))
        .map((word): Suggestion => ({ kind: 'everyone', label: word, insert: `@${word}` }))
    : [];
  return [...people, ...roles, ...all];
}

function channels(guildId: string | undefined, query: string): Suggestion[] {
  if (!guildId) return [];
  return textChannels(guildId)
    .map((channel) => ({ channel, score: matchScore(channel.name ?? '', query) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ channel }) => ({ kind: 'channel', id: channel.id, label: channel.name ?? '', insert: `<#${channel.id}>` }));
}

function emojis(guildId: string | undefined, query: string): Suggestion[] {
  const custom = [guildId, ...store.guildOrder.filter((id) => id !== guildId)]
    .flatMap((id) => (id ? (store.guilds[id]?.emojis ?? []) : []))
    .filter((emoji) => emoji.available !== false && matchScore(emoji.name, query) > 0)
    .map(
      (emoji): Suggestion => ({
        kind: 'custom',
        id: emoji.id,
        label: emoji.name,
        animated: emoji.animated ?? false,
        insert: `<${emoji.animated ? 'a' : ''}:${emoji.name}:${emoji.id}>`,
      }),
    );
  const unicode = searchEmojis(query, SHOWN).map(
    (emoji): Suggestion => ({ kind: 'emoji', label: emoji.shortcode, glyph: emoji.glyph, insert: emoji.glyph }),
  );
  return [...custom.slice(0, 5), ...unicode];
}

function commands(all: readonly Command[], query: string): Suggestion[] {
  return all
    .map((command) => ({ command, score: matchScore(command.name, query) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score || a.command.name.localeCompare(b.command.name))
    .map(({ command }) => ({ kind: 'command', command, label: command.name, insert: '' }));
}
