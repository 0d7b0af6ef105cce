import { createEffect, createResource, For, on, Show } from 'solid-js';
import { guilds, invites as api } from '~/api/calls';
import type { Invite } from '~/api/wire';
import { LoadProblem } from '~/settings/LoadProblem';
import { confirm, layer, openLayer } from '~/shell/layer';
import { canIn, displayName, textChannels } from '~/state/select';
import { toast } from '~/state/toast';
import { locale, t, tn } from '~/text';
import { relativeTime } from '~/text/time';
import { Button, IconButton } from '~/ui/Button';
import { Copy, Plus, Trash } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import type { GuildPageProps } from './page';
import { inviteLink } from './InvitePeople';

/** Every link into the guild that still works. */
export function InvitesPage(props: GuildPageProps) {
  const [invites, { mutate, refetch }] = createResource(
    () => props.guildId,
    (id) => guilds.invites(id),
  );
  createEffect(
    on(layer, (now, before) => before?.name === 'invite' && now === null && void refetch(), { defer: true }),
  );
  const place = () => textChannels(props.guildId).find((channel) => canIn(channel.id, 'CREATE_INSTANT_INVITE'));
  const revoke = (invite: Invite) =>
    confirm(t('invites.revokeTitle'), t('invites.revokeText'), t('invites.revoke'), async () => {
      await api.remove(invite.code);
      mutate((list) => list?.filter((one) => one.code !== invite.code));
    });
  const copy = async (invite: Invite) => {
    await navigator.clipboard.writeText(inviteLink(invite.code));
    toast.info(t('action.copied'));
  };
  return (
    <div class="settings-page settings-wide">
      <div class="settings-bar">
        <p class="settings-lead settings-grow">{t('invites.listLead')}</p>
        <Show when={place()}>
          {(channel) => (
            <Button kind="primary" icon={Plus} onClick={() => openLayer({ name: 'invite', channelId: channel().id })}>
              {t('invites.make')}
            </Button>
          )}
        </Show>
      </div>
      <Show when={!invites.error} fallback={<LoadProblem error={invites.error} onRetry={() => void refetch()} />}>
        <Show when={invites.latest} fallback={<RowSkeleton count={4} />}>
          {(list) => (
            <ul class="settings-list" aria-label={t('guild.invites')}>
              <For each={list()} fallback={<li class="settings-empty">{t('invites.none')}</li>}>
                {(invite) => (
                  <li class="settings-row">
                    <div class="settings-row-text">
                      <p class="settings-row-title invite-code">{invite.code}</p>
                      <p class="field-hint">
                        {t('invites.by', {
                          name: displayName(invite.inviter, props.guildId),
                          channel: invite.channel?.name ?? '',
                        })}
                        {' · '}
                        {usesOf(invite)}
                        {' · '}
                        {endOf(invite)}
                      </p>
                    </div>
                    <IconButton icon={Copy} size={18} label={t('invites.copy')} onClick={() => void copy(invite)} />
                    <IconButton
                      icon={Trash}
                      size={18}
                      tone="danger"
                      label={t('invites.revokeOf', { code: invite.code })}
                      onClick={() => revoke(invite)}
                    />
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

const usesOf = (invite: Invite): string =>
  invite.max_uses
    ? t('invites.usedOf', { uses: invite.uses ?? 0, max: invite.max_uses })
    : tn('invites.used', invite.uses ?? 0);

const endOf = (invite: Invite): string =>
  invite.expires_at
    ? t('invites.ends', { when: relativeTime(Date.parse(invite.expires_at), locale()) })
    : t('invites.endless');
