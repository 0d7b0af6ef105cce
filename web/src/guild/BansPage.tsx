import { createResource, For, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import type { Ban } from '~/api/wire';
import { LoadProblem } from '~/settings/LoadProblem';
import { confirm } from '~/shell/layer';
import { displayName } from '~/state/select';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { RowSkeleton } from '~/ui/Skeleton';
import type { GuildPageProps } from './page';

/** Who may not come back, and the way to let them. */
export function BansPage(props: GuildPageProps) {
  const [bans, { mutate, refetch }] = createResource(
    () => props.guildId,
    (id) => guilds.bans(id),
  );
  const lift = ({ user }: Ban) =>
    confirm(t('bans.liftTitle', { name: displayName(user) }), t('bans.liftText'), t('bans.lift'), async () => {
      await guilds.unban(props.guildId, user.id);
      mutate((list) => list?.filter((ban) => ban.user.id !== user.id));
    });
  return (
    <div class="settings-page">
      <p class="settings-lead">{t('bans.lead')}</p>
      <Show when={!bans.error} fallback={<LoadProblem error={bans.error} onRetry={() => void refetch()} />}>
        <Show when={bans.latest} fallback={<RowSkeleton count={4} />}>
          {(list) => (
            <ul class="settings-list" aria-label={t('bans.title')}>
              <For each={list()} fallback={<li class="settings-empty">{t('bans.none')}</li>}>
                {(ban) => (
                  <li class="settings-row">
                    <Avatar user={ban.user} size={36} />
                    <div class="settings-row-text">
                      <p class="settings-row-title">{displayName(ban.user)}</p>
                      <p class="field-hint">{ban.reason || `@${ban.user.username}`}</p>
                    </div>
                    <Button onClick={() => lift(ban)} aria-label={t('bans.liftOf', { name: displayName(ban.user) })}>
                      {t('bans.lift')}
                    </Button>
                  </li>
                )}
              </For>
            </ul>
          )}
        </Show>
      </Show>
    </div>
  );
}
