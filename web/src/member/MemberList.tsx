import { createVirtualizer } from '@tanstack/solid-virtual';
import { createEffect, createMemo, For, Show } from 'solid-js';
import { basePermissions, Bit, channelPermissions } from '~/api/permissions';
import type { PresenceStatus, Role } from '~/api/wire';
import { gateway } from '~/state/session';
import { displayName, nameColor, sortedRoles } from '~/state/select';
import { setStore, store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Crown } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import { moveFocus } from '~/shell/roving';
import { openProfile } from './profile';
import './member.css';

const TITLE_PX = 34;
const ROW_PX = 44;

type Line =
  | { kind: 'title'; label: string; count: number }
  | { kind: 'member'; userId: string; status: PresenceStatus };

/** Who can see the channel: those who are here by hoisted role, then those who are not. */
export function MemberList(props: { guildId: string; channelId: string }) {
  let scroller!: HTMLDivElement;
  createEffect(() => {
    const guild = store.guilds[props.guildId];
    if (!guild || guild.membersAsked || store.connection.name !== 'ready') return;
    if (gateway.requestMembers(props.guildId, '', 0)) setStore('guilds', props.guildId, 'membersAsked', true);
  });
  const mayView = (userId: string): boolean => {
    const { guildId } = props;
    const standing = {
      guildId,
      userId,
      isOwner: store.guilds[guildId]?.ownerId === userId,
      roleIds: store.members[guildId]?.[userId]?.roles ?? [],
      isTimedOut: false,
    };
    const base = basePermissions(standing, store.roles[guildId] ?? {});
    const overwrites = store.channels[props.channelId]?.permission_overwrites ?? [];
    return (channelPermissions(standing, base, overwrites) & Bit.VIEW_CHANNEL) !== 0n;
  };
  const lines = createMemo((): Line[] => {
    const { guildId } = props;
    const hoisted = sortedRoles(guildId).filter((role) => role.hoist && role.id !== guildId);
    const groups = new Map<string, { label: string; ids: string[] }>();
    for (const role of hoisted) groups.set(role.id, { label: role.name, ids: [] });
    groups.set('online', { label: t('members.online'), ids: [] });
    groups.set('offline', { label: t('members.offline'), ids: [] });
    for (const [userId, member] of Object.entries(store.members[guildId] ?? {})) {
      if (!store.users[userId] || !mayView(userId)) continue;
      groups.get(groupOf(userId, member.roles, hoisted))?.ids.push(userId);
    }
    return [...groups.values()]
      .filter((group) => group.ids.length > 0)
      .flatMap((group): Line[] => [
        { kind: 'title', label: group.label, count: group.ids.length },
        ...group.ids
          .sort((a, b) => displayName(store.users[a], guildId).localeCompare(displayName(store.users[b], guildId)))
          .map((userId): Line => ({ kind: 'member', userId, status: statusOf(userId) })),
      ]);
  });
  const virtual = createVirtualizer({
    get count() {
      return lines().length;
    },
    getScrollElement: () => scroller,
    estimateSize: (index) => (lines()[index]?.kind === 'title' ? TITLE_PX : ROW_PX),
    overscan: 6,
  });
  createEffect(() => {
    lines();
    queueMicrotask(() => virtual.measure());
  });
  return (
    <div class="members" ref={scroller} onKeyDown={(event) => moveFocus(event, '.member')}>
      <Show when={lines().length > 0} fallback={<RowSkeleton count={8} />}>
        <div class="members-all" style={{ height: `${virtual.getTotalSize()}px` }}>
          <For each={virtual.getVirtualItems()}>
            {(item) => (
              <div class="members-line" style={{ transform: `translateY(${item.start}px)`, height: `${item.size}px` }}>
                <LineView line={lines()[item.index]} guildId={props.guildId} />
              </div>
            )}
          </For>
        </div>
      </Show>
    </div>
  );
}

const statusOf = (userId: string): PresenceStatus => {
  if (userId === store.me?.id) return store.settings.status === 'invisible' ? 'offline' : store.settings.status;
  return store.presences[userId] ?? 'offline';
};

function groupOf(userId: string, roleIds: readonly string[], hoisted: readonly Role[]): string {
  if (statusOf(userId) === 'offline') return 'offline';
  return hoisted.find((role) => roleIds.includes(role.id))?.id ?? 'online';
}

function LineView(props: { line: Line | undefined; guildId: string }) {
  const title = () => (props.line?.kind === 'title' ? props.line : null);
  const member = () => (props.line?.kind === 'member' ? props.line : null);
  return (
    <>
      <Show when={title()}>
        {(group) => (
          <h3 class="members-title">
            {group().label} <span>{group().count}</span>
          </h3>
        )}
      </Show>
      <Show when={member()}>
        {(one) => {
          const user = () => store.users[one().userId];
          return (
            <button
              type="button"
              class="member"
              classList={{ 'member-away': one().status === 'offline' }}
              onClick={(event) => openProfile(one().userId, props.guildId, event.currentTarget)}
            >
              <Avatar user={user()} size={32} status={one().status} />
              <span class="member-name" style={{ color: nameColor(props.guildId, one().userId) ?? undefined }}>
                {displayName(user(), props.guildId)}
              </span>
              <Show when={store.guilds[props.guildId]?.ownerId === one().userId}>
                <Crown size={14} class="member-owner" aria-label={t('member.owner')} />
              </Show>
              <Show when={user()?.bot}>
                <span class="tag">{t('member.bot')}</span>
              </Show>
            </button>
          );
        }}
      </Show>
    </>
  );
}
