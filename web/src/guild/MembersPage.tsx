import { createEffect, createMemo, createSignal, For, on, onMount, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import { compareIds } from '~/api/snowflake';
import { isTimedOut } from '~/member/moderation';
import { LoadProblem } from '~/settings/LoadProblem';
import { learnMember } from '~/state/learn';
import { displayName, hexColor, sortedRoles } from '~/state/select';
import { gateway } from '~/state/session';
import { store } from '~/state/store';
import { locale, t, tn } from '~/text';
import { shortDay } from '~/text/time';
import { Avatar } from '~/ui/Avatar';
import { Button, IconButton } from '~/ui/Button';
import { Field } from '~/ui/Field';
import { Clock, Crown, Pencil } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import type { GuildPageProps } from './page';
import { MemberDialog } from './MemberDialog';
import '~/member/role-chip.css';

const PAGE = 100;
/** Matches that the gateway is asked for; the rest is found by typing on. */
const FOUND = 50;

/** Everyone in the guild: found by name, given roles, moderated. */
export function MembersPage(props: GuildPageProps) {
  const [query, setQuery] = createSignal('');
  const [shown, setShown] = createSignal(PAGE);
  const [after, setAfter] = createSignal<string | null>('0');
  const [problem, setProblem] = createSignal<unknown>(null);
  const [loading, setLoading] = createSignal(false);
  const [open, setOpen] = createSignal<string | null>(null);

  const load = async () => {
    const from = after();
    if (from === null || loading()) return;
    setLoading(true);
    setProblem(null);
    try {
      const page = await guilds.members(props.guildId, from);
      for (const member of page) learnMember(props.guildId, member);
      const last = page
        .map((member) => member.user?.id ?? '0')
        .sort(compareIds)
        .at(-1);
      setAfter(page.length < PAGE || !last ? null : last);
    } catch (error) {
      setProblem(error);
    } finally {
      setLoading(false);
    }
  };
  onMount(() => void load());
  createEffect(
    on(
      query,
      (words) => {
        setShown(PAGE);
        if (words.trim() !== '') gateway.requestMembers(props.guildId, words.trim(), FOUND);
      },
      { defer: true },
    ),
  );

  const matching = createMemo(() => {
    const words = query().trim().toLowerCase();
    return Object.keys(store.members[props.guildId] ?? {})
      .map((id) => ({ id, name: displayName(store.users[id], props.guildId) }))
      .filter(({ id, name }) => `${name} ${store.users[id]?.username ?? ''}`.toLowerCase().includes(words))
      .sort((a, b) => a.name.localeCompare(b.name, locale()) || compareIds(a.id, b.id))
      .map(({ id }) => id);
  });
  const more = () => {
    setShown(shown() + PAGE);
    void load();
  };
  return (
    <div class="settings-page settings-wide">
      <div class="settings-bar">
        <Field label={t('memberList.search')} value={query()} onInput={setQuery} placeholder={t('memberList.hint')} />
        <p class="settings-count">{tn('invite.members', store.guilds[props.guildId]?.memberCount ?? 0)}</p>
      </div>
      <Show when={problem()}>
        <LoadProblem error={problem()} onRetry={() => void load()} />
      </Show>
      <Show when={matching().length > 0 || !loading()} fallback={<RowSkeleton count={6} />}>
        <ul class="settings-list" aria-label={t('members.label')}>
          <For each={matching().slice(0, shown())} fallback={<li class="settings-empty">{t('memberList.none')}</li>}>
            {(id) => <MemberRow guildId={props.guildId} userId={id} onOpen={() => setOpen(id)} />}
          </For>
        </ul>
      </Show>
      <Show when={matching().length > shown() || (after() !== null && query().trim() === '')}>
        <div>
          <Button busy={loading()} onClick={more}>
            {t('memberList.more')}
          </Button>
        </div>
      </Show>
      <Show when={open()} keyed>
        {(id) => <MemberDialog guildId={props.guildId} userId={id} onClose={() => setOpen(null)} />}
      </Show>
    </div>
  );
}

function MemberRow(props: { guildId: string; userId: string; onOpen: () => void }) {
  const user = () => store.users[props.userId];
  const member = () => store.members[props.guildId]?.[props.userId];
  const name = () => displayName(user(), props.guildId);
  const roles = createMemo(() => sortedRoles(props.guildId).filter((role) => member()?.roles.includes(role.id)));
  return (
    <li class="settings-row member-line">
      <Avatar user={user()} size={36} />
      <div class="settings-row-text">
        <p class="settings-row-title">
          {name()}
          <Show when={store.guilds[props.guildId]?.ownerId === props.userId}>
            <Crown size={14} aria-label={t('member.owner')} role="img" />
          </Show>
          <Show when={user()?.bot}>
            <span class="tag">{t('member.bot')}</span>
          </Show>
          <Show when={isTimedOut(props.guildId, props.userId)}>
            <span class="tag tag-warn">
              <Clock size={12} aria-hidden="true" />
              {t('memberList.timedOut')}
            </span>
          </Show>
        </p>
        <p class="field-hint">
          {user()?.username}
          <Show when={member()?.joined_at}>
            {(joined) => ` · ${t('memberList.joined', { when: shortDay(Date.parse(joined()), locale()) })}`}
          </Show>
        </p>
      </div>
      <ul class="member-roles" aria-label={t('profile.roles')}>
        <For each={roles().slice(0, 3)}>
          {(role) => (
            <li class="role-chip">
              <span class="role-dot" style={{ background: role.color ? hexColor(role.color) : undefined }} />
              {role.name}
            </li>
          )}
        </For>
        <Show when={roles().length > 3}>
          <li class="role-chip">+{roles().length - 3}</li>
        </Show>
      </ul>
      <IconButton icon={Pencil} size={18} label={t('memberList.edit', { name: name() })} onClick={props.onOpen} />
    </li>
  );
}
