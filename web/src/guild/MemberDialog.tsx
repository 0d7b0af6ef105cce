import { createSignal, For, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import { createSubmission } from '~/entry/form';
import { isTimedOut, timeoutEntries } from '~/member/moderation';
import { createEdit } from '~/settings/edit';
import { canInGuild, displayName, hexColor, rank, sortedRoles } from '~/state/select';
import { learnMember } from '~/state/learn';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { locale, t } from '~/text';
import { formatStamp } from '~/text/time';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Choice, Field, FormProblem } from '~/ui/Field';
import { Clock } from '~/ui/icons';
import { Menu } from '~/ui/Menu';
import { canTouchRole } from './roleOrder';

interface MemberDialogProps {
  guildId: string;
  userId: string;
  onClose: () => void;
}

/** Seconds of a banned member's messages that go with them. */
const SWEEPS = ['0', '3600', '86400', '604800'] as const;
type Sweep = (typeof SWEEPS)[number];

/** One member: the name they go by here, their roles, and the means of moderation. */
export function MemberDialog(props: MemberDialogProps) {
  const member = () => store.members[props.guildId]?.[props.userId];
  const name = () => displayName(store.users[props.userId], props.guildId);
  const self = () => props.userId === store.me?.id;
  const below = () => store.me !== null && rank(props.guildId, store.me.id) > rank(props.guildId, props.userId);
  const may = (bit: Parameters<typeof canInGuild>[1]) => canInGuild(props.guildId, bit);
  const canName = () => (self() ? may('CHANGE_NICKNAME') : below() && may('MANAGE_NICKNAMES'));
  const [ending, setEnding] = createSignal<'kick' | 'ban' | null>(null);
  const form = createSubmission();
  const edit = createEdit(() => ({ nick: member()?.nick ?? '' }));
  // Only what is changed here, so that roles which others give and take meanwhile stay as they want them.
  const [wanted, setWanted] = createSignal<ReadonlyMap<string, boolean>>(new Map());
  const held = () => member()?.roles ?? [];
  const rolesChanged = () => [...wanted()].some(([id, on]) => held().includes(id) !== on);
  const roles = () =>
    given()
      .filter(({ id }) => wanted().get(id) ?? held().includes(id))
      .map(({ id }) => id);
  const given = () => sortedRoles(props.guildId).filter((role) => role.id !== props.guildId);
  const save = async () => {
    const nick = edit.dirty() ? { nick: edit.value('nick').trim() || null } : {};
    const done = await form.submit(async () => {
      if (self() && edit.dirty()) await guilds.editOwnNick(props.guildId, nick.nick ?? null);
      const change = { ...(self() ? {} : nick), ...(rolesChanged() ? { roles: roles() } : {}) };
      if (Object.keys(change).length > 0) {
        learnMember(props.guildId, await guilds.editMember(props.guildId, props.userId, change), props.userId);
      }
    });
    if (done) props.onClose();
  };
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={name()}
      description={`@${store.users[props.userId]?.username ?? ''}`}
      size="m"
      footer={
        <>
          <Button onClick={props.onClose}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            busy={form.busy()}
            disabled={!edit.dirty() && !rolesChanged()}
            onClick={() => void save()}
          >
            {t('save.save')}
          </Button>
        </>
      }
    >
      <div class="form">
        <Field
          label={t('memberList.nick')}
          value={edit.value('nick')}
          onInput={(nick) => edit.set('nick', nick)}
          placeholder={store.users[props.userId]?.global_name ?? store.users[props.userId]?.username ?? ''}
          maxLength={32}
          disabled={!canName()}
          problem={form.field('nick')}
        />
        <fieldset class="role-checks">
          <legend class="field-label">{t('profile.roles')}</legend>
          <For each={given()} fallback={<p class="field-hint">{t('memberList.noRoles')}</p>}>
            {(role) => (
              <label class="role-check">
                <input
                  type="checkbox"
                  checked={roles().includes(role.id)}
                  disabled={!may('MANAGE_ROLES') || !canTouchRole(props.guildId, role) || role.managed}
                  onChange={(event) => setWanted(new Map(wanted()).set(role.id, event.currentTarget.checked))}
                />
                <span class="role-dot" style={{ background: role.color ? hexColor(role.color) : undefined }} />
                {role.name}
              </label>
            )}
          </For>
        </fieldset>
        <FormProblem text={form.problem()} />
        <Show when={!self() && below()}>
          <div class="moderation">
            <Show when={isTimedOut(props.guildId, props.userId)}>
              <p class="settings-note settings-note-warn">
                {t('memberList.timedOutUntil', {
                  when: formatStamp(Date.parse(member()?.communication_disabled_until ?? ''), 'f', locale()),
                })}
              </p>
            </Show>
            <div class="moderation-actions">
              <Show when={may('MODERATE_MEMBERS')}>
                <Menu
                  class="button button-quiet"
                  label={t('memberList.timeout')}
                  trigger={
                    <>
                      <Clock size={16} aria-hidden="true" />
                      {t('memberList.timeout')}
                    </>
                  }
                  entries={() => timeoutEntries(props.guildId, props.userId)}
                />
              </Show>
              <Show when={may('KICK_MEMBERS')}>
                <Button onClick={() => setEnding('kick')}>{t('member.kick')}</Button>
              </Show>
              <Show when={may('BAN_MEMBERS')}>
                <Button kind="danger" onClick={() => setEnding('ban')}>
                  {t('member.ban')}
                </Button>
              </Show>
            </div>
          </div>
        </Show>
      </div>
      <Show when={ending()} keyed>
        {(kind) => <EndMembership {...props} kind={kind} name={name()} onCancel={() => setEnding(null)} />}
      </Show>
    </Dialog>
  );
}

function EndMembership(props: MemberDialogProps & { kind: 'kick' | 'ban'; name: string; onCancel: () => void }) {
  const form = createSubmission();
  const [sweep, setSweep] = createSignal<Sweep>('0');
  const run = async () => {
    const done = await form.submit(() =>
      props.kind === 'kick'
        ? guilds.kick(props.guildId, props.userId)
        : guilds.ban(props.guildId, props.userId, Number(sweep())),
    );
    if (!done) return;
    toast.info(t(props.kind === 'kick' ? 'member.kicked' : 'member.banned', { name: props.name }));
    props.onClose();
  };
  return (
    <Dialog
      open
      onClose={props.onCancel}
      title={t(props.kind === 'kick' ? 'member.kickTitle' : 'member.banTitle', { name: props.name })}
      description={t(props.kind === 'kick' ? 'member.kickText' : 'member.banText')}
      footer={
        <>
          <Button onClick={props.onCancel}>{t('action.cancel')}</Button>
          <Button kind="danger" busy={form.busy()} onClick={() => void run()}>
            {t(props.kind === 'kick' ? 'member.kick' : 'member.ban')}
          </Button>
        </>
      }
    >
      <Show when={props.kind === 'ban'}>
        <Choice
          label={t('member.sweep')}
          value={sweep()}
          onChange={setSweep}
          options={SWEEPS.map((value) => ({ value, label: t(`member.sweep.${value}`) }))}
        />
      </Show>
      <FormProblem text={form.problem()} />
    </Dialog>
  );
}
