import { createEffect, createMemo, createSignal, on, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import { sortedRoles } from '~/state/select';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { ArrowLeft, Plus } from '~/ui/icons';
import type { GuildPageProps } from './page';
import { RoleEditor } from './RoleEditor';
import { RoleList } from './RoleList';
import './roles.css';

/** The roles of a guild in their order, and one of them open beside. */
export function RolesPage(props: GuildPageProps) {
  const roles = createMemo(() => sortedRoles(props.guildId));
  const [chosen, setChosen] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const role = () => store.roles[props.guildId]?.[chosen() ?? roles()[0]?.id ?? ''];
  createEffect(
    on(
      () => chosen() !== null && !store.roles[props.guildId]?.[chosen() ?? ''],
      (gone) => gone && setChosen(null),
    ),
  );
  const create = async () => {
    setBusy(true);
    try {
      const made = await guilds.createRole(props.guildId, { name: t('roles.newName'), permissions: '0' });
      setChosen(made.id);
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="settings-page settings-wide roles" classList={{ 'roles-open': chosen() !== null }}>
      <section class="roles-side" aria-label={t('roles.title')}>
        <p class="field-hint" id="roles-hint">
          {t('roles.orderHint')}
        </p>
        <Button icon={Plus} busy={busy()} onClick={() => void create()}>
          {t('roles.create')}
        </Button>
        <RoleList guildId={props.guildId} roles={roles()} current={role()?.id} onChoose={setChosen} />
      </section>
      <section class="roles-main" aria-label={role()?.name}>
        <Button class="roles-back" kind="plain" icon={ArrowLeft} onClick={() => setChosen(null)}>
          {t('roles.back')}
        </Button>
        <Show when={role()?.id} keyed>
          {(id) => <RoleEditor guildId={props.guildId} roleId={id} onGone={() => setChosen(null)} />}
        </Show>
      </section>
    </div>
  );
}
