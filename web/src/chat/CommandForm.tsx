import { createMemo, createSignal, For, Match, onMount, Show, Switch } from 'solid-js';
import { type Command, type CommandOption, type InteractionOption, OptionType } from '~/api/wire';
import { invokeCommand } from '~/state/interaction';
import { displayName, sortedRoles, textChannels } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Button, IconButton } from '~/ui/Button';
import { FormProblem } from '~/ui/Field';
import { Slash, X } from '~/ui/icons';
import type { Chat } from './chat';

type Values = Record<string, string>;

const isBranch = (option: CommandOption): boolean =>
  option.type === OptionType.Subcommand || option.type === OptionType.Group;

/** Every way through subcommands and groups, as a path of options. */
export function paths(options: readonly CommandOption[] | undefined): CommandOption[][] {
  const branches = (options ?? []).filter(isBranch);
  if (branches.length === 0) return [[]];
  return branches.flatMap((branch) => paths(branch.options).map((rest) => [branch, ...rest]));
}

/** Bring typed texts into the values that the options ask for, wrapped in their path. */
export function fill(
  path: readonly CommandOption[],
  leaves: readonly CommandOption[],
  values: Values,
): InteractionOption[] {
  const filled = leaves
    .filter((leaf) => (values[leaf.name] ?? '') !== '')
    .map(
      (leaf): InteractionOption => ({ name: leaf.name, type: leaf.type, value: typed(leaf, values[leaf.name] ?? '') }),
    );
  return path.reduceRight<InteractionOption[]>(
    (inner, branch) => [{ name: branch.name, type: branch.type, options: inner }],
    filled,
  );
}

function typed(leaf: CommandOption, text: string): string | number | boolean {
  if (leaf.type === OptionType.Integer || leaf.type === OptionType.Number) return Number(text);
  if (leaf.type === OptionType.Boolean) return text === 'true';
  return text;
}

/** Takes the composer's place while a slash command is filled in. */
export function CommandForm(props: { chat: Chat; command: Command | null; onClose: () => void }) {
  let first: HTMLElement | undefined;
  const ways = createMemo(() => paths(props.command?.options));
  const [way, setWay] = createSignal(0);
  const path = () => ways()[way()] ?? [];
  const leaves = createMemo(() =>
    (path().at(-1)?.options ?? props.command?.options ?? []).filter((option) => !isBranch(option)),
  );
  const [values, setValues] = createSignal<Values>({});
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const guildId = () => store.channels[props.chat.channelId]?.guild_id ?? '';
  onMount(() => queueMicrotask(() => (first ?? document.getElementById('command-send'))?.focus()));
  const close = () => {
    props.onClose();
    queueMicrotask(() => document.getElementById('composer')?.focus());
  };
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const { command } = props;
    if (!command) return;
    setBusy(true);
    setProblem(null);
    try {
      await invokeCommand(command, guildId(), props.chat.channelId, fill(path(), leaves(), values()));
      close();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="composer command-form"
      onSubmit={(event) => void send(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          close();
        }
      }}
    >
      <div class="command-head">
        <Slash size={18} aria-hidden="true" />
        <b>{props.command?.name}</b>
        <span>{props.command?.description}</span>
        <IconButton icon={X} size={16} label={t('action.cancel')} onClick={close} />
      </div>
      <div class="command-options">
        <Show when={ways().length > 1}>
          <label class="command-option">
            <span>{t('command.which')}</span>
            <select class="field-input" onChange={(event) => setWay(event.currentTarget.selectedIndex)}>
              <For each={ways()}>{(steps) => <option>{steps.map((step) => step.name).join(' ')}</option>}</For>
            </select>
          </label>
        </Show>
        <For each={leaves()}>
          {(leaf, index) => (
            <label class="command-option" title={leaf.description}>
              <span>
                {leaf.name}
                <Show when={!leaf.required}> ({t('command.optional')})</Show>
              </span>
              <OptionInput
                option={leaf}
                guildId={guildId()}
                onInput={(value) => setValues({ ...values(), [leaf.name]: value })}
                ref={(element) => {
                  if (index() === 0) first = element;
                }}
              />
            </label>
          )}
        </For>
        <Button id="command-send" type="submit" kind="primary" busy={busy()}>
          {t('command.run')}
        </Button>
      </div>
      <FormProblem text={problem()} />
    </form>
  );
}

interface OptionInputProps {
  option: CommandOption;
  guildId: string;
  onInput: (value: string) => void;
  ref: (element: HTMLElement) => void;
}

function OptionInput(props: OptionInputProps) {
  const { option } = props;
  const choices = (): { name: string; value: string }[] | null => {
    if (option.choices?.length)
      return option.choices.map((choice) => ({ name: choice.name, value: String(choice.value) }));
    const members = () =>
      Object.keys(store.members[props.guildId] ?? {}).map((id) => ({
        name: displayName(store.users[id], props.guildId),
        value: id,
      }));
    const roles = () => sortedRoles(props.guildId).map((role) => ({ name: role.name, value: role.id }));
    switch (option.type) {
      case OptionType.Boolean:
        return [
          { name: t('action.yes'), value: 'true' },
          { name: t('action.no'), value: 'false' },
        ];
      case OptionType.User:
        return members();
      case OptionType.Role:
        return roles();
      case OptionType.Mentionable:
        return [...members(), ...roles()];
      case OptionType.Channel:
        return textChannels(props.guildId).map((channel) => ({ name: `#${channel.name}`, value: channel.id }));
      default:
        return null;
    }
  };
  const numeric = option.type === OptionType.Integer || option.type === OptionType.Number;
  return (
    <Switch
      fallback={
        <input
          ref={props.ref}
          class="field-input"
          type={numeric ? 'number' : 'text'}
          step={option.type === OptionType.Number ? 'any' : undefined}
          min={option.min_value}
          max={option.max_value}
          placeholder={option.description}
          required={option.required}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      }
    >
      <Match when={choices()}>
        {(list) => (
          <select
            ref={props.ref}
            class="field-input"
            required={option.required}
            onChange={(event) => props.onInput(event.currentTarget.value)}
          >
            <option value="">…</option>
            <For each={list()}>{(choice) => <option value={choice.value}>{choice.name}</option>}</For>
          </select>
        )}
      </Match>
    </Switch>
  );
}
