import { createSignal, For, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import { Bit } from '~/api/permissions';
import { createSubmission } from '~/entry/form';
import { createEdit, guardChanges } from '~/settings/edit';
import { SaveBar } from '~/settings/SaveBar';
import { confirm } from '~/shell/layer';
import { guildPermissions } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Field, SwitchRow } from '~/ui/Field';
import { Trash } from '~/ui/icons';
import { ColorField } from './ColorField';
import { GUILD_GROUPS, switchesOf, withSwitches } from './permissionGroups';
import { canTouchRole } from './roleOrder';

interface RoleEditorProps {
  guildId: string;
  roleId: string;
  onGone: () => void;
}

/** One role: what it is called and looks like, and what its members may do. */
export function RoleEditor(props: RoleEditorProps) {
  const role = () => store.roles[props.guildId]?.[props.roleId];
  const everyone = () => props.roleId === props.guildId;
  const edit = createEdit(() => ({
    name: role()?.name ?? '',
    color: role()?.color ?? 0,
    hoist: role()?.hoist ?? false,
    mentionable: role()?.mentionable ?? false,
  }));
  const permissions = () => BigInt(role()?.permissions ?? '0');
  // Bit by bit, so that one which somebody else sets meanwhile stays set.
  const rights = createEdit(() => switchesOf(permissions()));
  const dirty = () => edit.dirty() || rights.dirty();
  const reset = () => {
    edit.reset();
    rights.reset();
  };
  const form = createSubmission();
  const [wanted, setWanted] = createSignal('');
  guardChanges(dirty, reset);
  const locked = () => {
    const now = role();
    return !now || (!everyone() && !canTouchRole(props.guildId, now));
  };
  const held = () => guildPermissions(props.guildId);
  const save = async () => {
    const done = await form.submit(() =>
      guilds.editRole(props.guildId, props.roleId, {
        ...edit.changes(),
        ...(rights.dirty() ? { permissions: withSwitches(permissions(), rights.changes()).toString() } : {}),
      }),
    );
    if (done) reset();
  };
  const remove = () =>
    confirm(
      t('roles.deleteTitle', { name: role()?.name ?? '' }),
      t('roles.deleteText'),
      t('roles.delete'),
      async () => {
        await guilds.removeRole(props.guildId, props.roleId);
        props.onGone();
      },
    );
  const groups = () => {
    const words = wanted().trim().toLowerCase();
    return GUILD_GROUPS.map((group) => ({
      name: group.name,
      bits: group.bits.filter((bit) =>
        `${t(`permission.${bit}`)} ${t(`permission.${bit}.hint`)}`.toLowerCase().includes(words),
      ),
    })).filter((group) => group.bits.length > 0);
  };
  return (
    <div class="role-editor">
      <Show when={locked()}>
        <p class="settings-note settings-note-warn">{t('roles.above')}</p>
      </Show>
      <Show when={everyone()} fallback={<Looks edit={edit} form={form} locked={locked()} />}>
        <p class="settings-lead">{t('roles.everyoneLead')}</p>
      </Show>
      <section class="role-permissions">
        <div class="role-permissions-head">
          <h3>{t('roles.permissions')}</h3>
          <Field label={t('roles.search')} value={wanted()} onInput={setWanted} placeholder={t('roles.searchHint')} />
        </div>
        <For each={groups()} fallback={<p class="settings-empty">{t('roles.noPermission')}</p>}>
          {(group) => (
            <fieldset class="permission-group">
              <legend>{t(`permissionGroup.${group.name}`)}</legend>
              <Show when={group.name === 'apps'}>
                <p class="field-hint">{t('permissionGroup.appsHint')}</p>
              </Show>
              <For each={group.bits}>
                {(bit) => (
                  <SwitchRow
                    label={t(`permission.${bit}`)}
                    hint={t(`permission.${bit}.hint`)}
                    checked={rights.value(bit)}
                    disabled={locked() || (held() & Bit[bit]) === 0n}
                    onChange={(on) => rights.set(bit, on)}
                  />
                )}
              </For>
            </fieldset>
          )}
        </For>
      </section>
      <Show when={!everyone() && !locked() && !role()?.managed}>
        <div>
          <Button kind="danger" icon={Trash} onClick={remove}>
            {t('roles.delete')}
          </Button>
        </div>
      </Show>
      <SaveBar
        shown={dirty()}
        busy={form.busy()}
        problem={form.problem()}
        onSave={() => void save()}
        onReset={() => {
          reset();
          form.clear();
        }}
      />
    </div>
  );
}

type RoleEdit = ReturnType<typeof createEdit<{ name: string; color: number; hoist: boolean; mentionable: boolean }>>;

function Looks(props: { edit: RoleEdit; form: ReturnType<typeof createSubmission>; locked: boolean }) {
  return (
    <section class="role-looks form">
      <Field
        label={t('roles.name')}
        value={props.edit.value('name')}
        onInput={(name) => props.edit.set('name', name)}
        maxLength={100}
        disabled={props.locked}
        problem={props.form.field('name')}
        required
      />
      <ColorField
        label={t('roles.color')}
        value={props.edit.value('color')}
        disabled={props.locked}
        onChange={(color) => props.edit.set('color', color)}
      />
      <div>
        <SwitchRow
          label={t('roles.hoist')}
          hint={t('roles.hoistHint')}
          checked={props.edit.value('hoist')}
          disabled={props.locked}
          onChange={(hoist) => props.edit.set('hoist', hoist)}
        />
        <SwitchRow
          label={t('roles.mentionable')}
          hint={t('roles.mentionableHint')}
          checked={props.edit.value('mentionable')}
          disabled={props.locked}
          onChange={(mentionable) => props.edit.set('mentionable', mentionable)}
        />
      </div>
    </section>
  );
}
