import { createEffect, createMemo, createSignal, createUniqueId, For, on, Show } from 'solid-js';
import { channels } from '~/api/calls';
import { Bit } from '~/api/permissions';
import type { Channel, Overwrite } from '~/api/wire';
import { createSubmission } from '~/entry/form';
import { createEdit } from '~/settings/edit';
import { SaveBar } from '~/settings/SaveBar';
import { displayName, hexColor, permissionsIn, sortedRoles } from '~/state/select';
import { gateway } from '~/state/session';
import { store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Field, FormProblem } from '~/ui/Field';
import { Check, Minus, Plus, Trash, X } from '~/ui/icons';
import { bitsOf, orderedTargets, type Verdict, verdictsOf, withVerdicts } from './overwrite';
import { channelPermissionGroups } from './permissionGroups';
import './roles.css';

/** What a channel grants to and takes from roles and members, whatever their roles say elsewhere. */
export function Overwrites(props: { channel: Channel }) {
  const guildId = () => props.channel.guild_id ?? '';
  const [chosen, setChosen] = createSignal<string | null>(null);
  /** Someone just added, who has no overwrite on the server yet. */
  const [added, setAdded] = createSignal<Overwrite | null>(null);
  const [adding, setAdding] = createSignal(false);
  const form = createSubmission();
  const targets = createMemo(() => {
    const known = props.channel.permission_overwrites ?? [];
    const extra = added();
    return orderedTargets(extra && !known.some((one) => one.id === extra.id) ? [...known, extra] : known, guildId());
  });
  const target = () => targets().find((one) => one.id === chosen()) ?? targets()[0];
  // Bit by bit, so that what somebody else decides meanwhile stays decided.
  const edit = createEdit(() => verdictsOf(bitsOf(target())));
  const held = () => permissionsIn(props.channel.id);
  const targetId = createMemo(() => target()?.id);
  createEffect(
    on(targetId, () => {
      edit.reset();
      form.clear();
    }),
  );
  const save = async () => {
    const now = target();
    if (!now) return;
    const { allow, deny } = withVerdicts(bitsOf(now), edit.changes());
    const done = await form.submit(() =>
      channels.setOverwrite(props.channel.id, now.id, {
        type: now.type,
        allow: allow.toString(),
        deny: deny.toString(),
      }),
    );
    if (done) edit.reset();
  };
  const remove = async () => {
    const now = target();
    if (!now) return;
    const stored = (props.channel.permission_overwrites ?? []).some((one) => one.id === now.id);
    const done = await form.submit(async () => {
      if (stored) await channels.removeOverwrite(props.channel.id, now.id);
    });
    if (!done) return;
    setAdded(null);
    setChosen(null);
  };
  return (
    <div class="overwrites">
      <div class="overwrite-targets">
        <ul aria-label={t('overwrites.targets')}>
          <For each={targets()}>
            {(one) => (
              <li>
                <button
                  type="button"
                  class="overwrite-target"
                  aria-current={one.id === target()?.id ? 'true' : undefined}
                  onClick={() => setChosen(one.id)}
                >
                  <TargetName guildId={guildId()} target={one} />
                </button>
              </li>
            )}
          </For>
        </ul>
        <Button icon={Plus} onClick={() => setAdding(true)}>
          {t('overwrites.add')}
        </Button>
      </div>
      <div class="overwrite-bits">
        <FormProblem text={form.problem()} />
        <For each={channelPermissionGroups(props.channel.type)}>
          {(group) => (
            <section class="permission-group">
              <h3>{t(`permissionGroup.${group.name}`)}</h3>
              <For each={group.bits}>
                {(bit) => (
                  <VerdictRow
                    label={bit === 'MANAGE_ROLES' ? t('overwrites.manage') : t(`permission.${bit}`)}
                    hint={bit === 'MANAGE_ROLES' ? t('overwrites.manageHint') : t(`permission.${bit}.hint`)}
                    value={edit.value(bit)}
                    disabled={(held() & Bit[bit]) === 0n}
                    onChange={(verdict) => edit.set(bit, verdict)}
                  />
                )}
              </For>
            </section>
          )}
        </For>
        <Show when={target() && target()?.id !== guildId()}>
          <div>
            <Button icon={Trash} onClick={() => void remove()}>
              {t('overwrites.remove')}
            </Button>
          </div>
        </Show>
        <SaveBar
          shown={edit.dirty()}
          busy={form.busy()}
          onSave={() => void save()}
          onReset={() => {
            edit.reset();
            form.clear();
          }}
        />
      </div>
      <Show when={adding()}>
        <AddTarget
          guildId={guildId()}
          taken={targets().map((one) => one.id)}
          onClose={() => setAdding(false)}
          onAdd={(id, type) => {
            setAdded({ id, type, allow: '0', deny: '0' });
            setChosen(id);
            setAdding(false);
          }}
        />
      </Show>
    </div>
  );
}

function TargetName(props: { guildId: string; target: Overwrite }) {
  const role = () => store.roles[props.guildId]?.[props.target.id];
  return (
    <Show
      when={props.target.type === 1}
      fallback={
        <>
          <span
            class="role-swatch"
            style={{ 'background-color': role()?.color ? hexColor(role()?.color ?? 0) : undefined }}
          />
          <span class="role-name">{role()?.name ?? t('markdown.unknownRole')}</span>
        </>
      }
    >
      <Avatar user={store.users[props.target.id]} size={20} />
      <span class="role-name">{displayName(store.users[props.target.id], props.guildId)}</span>
    </Show>
  );
}

interface VerdictRowProps {
  label: string;
  hint: string;
  value: Verdict;
  disabled: boolean;
  onChange: (verdict: Verdict) => void;
}

const VERDICTS = [
  ['deny', X],
  ['inherit', Minus],
  ['allow', Check],
] as const;

/** One permission with its three answers. */
function VerdictRow(props: VerdictRowProps) {
  const id = createUniqueId();
  return (
    <div class="verdict-row" role="radiogroup" aria-labelledby={id} aria-describedby={`${id}-hint`}>
      <div class="switch-text">
        <span class="verdict-label" id={id}>
          {props.label}
        </span>
        <p class="field-hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      </div>
      <div class="verdicts">
        <For each={VERDICTS}>
          {([verdict, Icon]) => (
            <label class={`verdict verdict-${verdict}`} title={t(`overwrites.${verdict}`)}>
              <input
                type="radio"
                class="verdict-input"
                name={id}
                aria-label={t(`overwrites.${verdict}`)}
                checked={props.value === verdict}
                disabled={props.disabled}
                onChange={() => props.onChange(verdict)}
              />
              <Icon size={16} aria-hidden="true" />
            </label>
          )}
        </For>
      </div>
    </div>
  );
}

interface AddTargetProps {
  guildId: string;
  taken: readonly string[];
  onAdd: (id: string, type: 0 | 1) => void;
  onClose: () => void;
}

const SHOWN_MAX = 30;

/** Finds a role or a member by name. */
function AddTarget(props: AddTargetProps) {
  const [query, setQuery] = createSignal('');
  createEffect(on(query, (words) => words.trim() && gateway.requestMembers(props.guildId, words.trim(), SHOWN_MAX)));
  const matches = (name: string) => name.toLowerCase().includes(query().trim().toLowerCase());
  const found = createMemo((): Overwrite[] => {
    const roles = sortedRoles(props.guildId)
      .filter((role) => matches(role.name))
      .map(({ id }): Overwrite => ({ id, type: 0, allow: '0', deny: '0' }));
    const members = Object.keys(store.members[props.guildId] ?? {})
      .filter((id) => matches(`${displayName(store.users[id], props.guildId)} ${store.users[id]?.username ?? ''}`))
      .map((id): Overwrite => ({ id, type: 1, allow: '0', deny: '0' }));
    return [...roles, ...members].filter((one) => !props.taken.includes(one.id)).slice(0, SHOWN_MAX);
  });
  return (
    <Dialog open onClose={props.onClose} title={t('overwrites.add')} description={t('overwrites.addHint')}>
      <div class="form">
        <Field label={t('overwrites.search')} value={query()} onInput={setQuery} autofocus />
        <ul class="overwrite-found">
          <For each={found()} fallback={<li class="overwrite-none">{t('memberList.none')}</li>}>
            {(one) => (
              <li>
                <button type="button" class="overwrite-target" onClick={() => props.onAdd(one.id, one.type)}>
                  <TargetName guildId={props.guildId} target={one} />
                </button>
              </li>
            )}
          </For>
        </ul>
      </div>
    </Dialog>
  );
}
