import { useNavigate, useParams } from '@solidjs/router';
import { type Component, createEffect, createMemo, lazy, Show } from 'solid-js';
import { Dynamic } from 'solid-js/web';
import type { BitName } from '~/api/permissions';
import { type SettingsEntry, SettingsFrame } from '~/settings/SettingsFrame';
import { openLayer } from '~/shell/layer';
import { canInGuild } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Ban, Link, LogOut, Shield, SlidersHorizontal, Smile, Users } from '~/ui/icons';
import type { GuildPageProps } from './page';
import './guild.css';

interface GuildPage extends SettingsEntry {
  /** Any of these opens the page. */
  needs: readonly BitName[];
  view: Component<GuildPageProps>;
}

const VIEWS = {
  overview: lazy(async () => ({ default: (await import('./OverviewPage')).OverviewPage })),
  roles: lazy(async () => ({ default: (await import('./RolesPage')).RolesPage })),
  members: lazy(async () => ({ default: (await import('./MembersPage')).MembersPage })),
  emojis: lazy(async () => ({ default: (await import('./EmojisPage')).EmojisPage })),
  invites: lazy(async () => ({ default: (await import('./InvitesPage')).InvitesPage })),
  bans: lazy(async () => ({ default: (await import('./BansPage')).BansPage })),
};

/** A guild's settings: the pages that the person's permissions open. */
export function GuildSettingsPage() {
  const params = useParams<{ guild: string; page?: string }>();
  const navigate = useNavigate();
  const guild = () => store.guilds[params.guild];
  const pages = createMemo((): GuildPage[] =>
    [
      {
        id: 'overview',
        label: t('guild.overview'),
        icon: SlidersHorizontal,
        needs: ['MANAGE_GUILD'] as const,
        view: VIEWS.overview,
      },
      { id: 'roles', label: t('roles.title'), icon: Shield, needs: ['MANAGE_ROLES'] as const, view: VIEWS.roles },
      {
        id: 'members',
        label: t('members.label'),
        icon: Users,
        needs: [
          'MANAGE_ROLES',
          'MANAGE_NICKNAMES',
          'MODERATE_MEMBERS',
          'KICK_MEMBERS',
          'BAN_MEMBERS',
          'MANAGE_GUILD',
        ] as const,
        view: VIEWS.members,
      },
      {
        id: 'emojis',
        label: t('emojis.title'),
        icon: Smile,
        needs: ['CREATE_GUILD_EXPRESSIONS', 'MANAGE_GUILD_EXPRESSIONS'] as const,
        view: VIEWS.emojis,
      },
      { id: 'invites', label: t('guild.invites'), icon: Link, needs: ['MANAGE_GUILD'] as const, view: VIEWS.invites },
      { id: 'bans', label: t('bans.title'), icon: Ban, needs: ['BAN_MEMBERS'] as const, view: VIEWS.bans },
    ].filter((page) => page.needs.some((bit) => canInGuild(params.guild, bit))),
  );
  const chosen = () => pages().some((page) => page.id === params.page);
  const current = () => pages().find((page) => page.id === params.page) ?? pages()[0];
  createEffect(() => {
    if (!store.ready) return;
    if (!store.guildOrder.includes(params.guild)) navigate('/direct', { replace: true });
    else if (guild() && pages().length === 0) navigate(`/guilds/${params.guild}`, { replace: true });
  });
  return (
    <Show when={guild()?.id} keyed>
      {(guildId) => (
        <SettingsFrame
          title={guild()?.name ?? ''}
          base={`/guilds/${guildId}/settings`}
          entries={pages()}
          current={current()?.id ?? ''}
          chosen={chosen()}
          foot={
            guild()?.ownerId !== store.me?.id && (
              <Button kind="plain" icon={LogOut} onClick={() => openLayer({ name: 'leave-guild', guildId })}>
                {t('guild.leave')}
              </Button>
            )
          }
        >
          <Dynamic component={current()?.view} guildId={guildId} />
        </SettingsFrame>
      )}
    </Show>
  );
}
