import { interactions } from '~/api/calls';
import { newNonce } from '~/api/snowflake';
import type { Command, InteractionOption, Snowflake } from '~/api/wire';
import { t } from '~/text';
import { toast } from './toast';

/** An application has this long to answer before we say that it did not. */
const ANSWER_MS = 16_000;

const waiting = new Map<string, { name: string; timer: ReturnType<typeof setTimeout> }>();

/** Invoke a slash command; the answer arrives as a message. Raises ApiError when the server refuses. */
export async function invokeCommand(
  command: Command,
  guildId: Snowflake,
  channelId: Snowflake,
  options: InteractionOption[],
): Promise<void> {
  const nonce = newNonce();
  const timer = setTimeout(() => settleInteraction(nonce, false), ANSWER_MS);
  waiting.set(nonce, { name: command.name, timer });
  try {
    await interactions.invoke({
      application_id: command.application_id,
      guild_id: guildId,
      channel_id: channelId,
      command_id: command.id,
      options,
      nonce,
    });
  } catch (error) {
    clearTimeout(timer);
    waiting.delete(nonce);
    throw error;
  }
}

/** The gateway said what became of an invocation. */
export function settleInteraction(nonce: string | undefined, succeeded: boolean): void {
  const invocation = nonce === undefined ? undefined : waiting.get(nonce);
  if (!invocation || nonce === undefined) return;
  clearTimeout(invocation.timer);
  waiting.delete(nonce);
  if (!succeeded) toast.problem(t('command.unanswered', { name: invocation.name }));
}
