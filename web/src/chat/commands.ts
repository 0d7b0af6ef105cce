import { guilds } from '~/api/calls';
import type { Command } from '~/api/wire';

/** Commands of a guild are kept this long; applications change them rarely. */
const FRESH_MS = 60_000;
const known = new Map<string, { at: number; list: Promise<readonly Command[]> }>();

/** The slash commands that may be used in a guild; none when they cannot be fetched. */
export function commandsOf(guildId: string): Promise<readonly Command[]> {
  const found = known.get(guildId);
  if (found && Date.now() - found.at < FRESH_MS) return found.list;
  const list = guilds.commands(guildId).then(
    (all) => all.filter((command) => (command.type ?? 1) === 1),
    () => {
      known.delete(guildId);
      return [];
    },
  );
  known.set(guildId, { at: Date.now(), list });
  return list;
}
