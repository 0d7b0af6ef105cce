import { A, useNavigate, useParams } from '@solidjs/router';
import { createResource, Match, Show, Switch } from 'solid-js';
import { invites } from '~/api/calls';
import type { Invite } from '~/api/wire';
import { displayName } from '~/state/select';
import { store } from '~/state/store';
import { untilTold } from '~/state/told';
import { t, tn } from '~/text';
import { GuildIcon } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { FormProblem } from '~/ui/Field';
import { RowSkeleton } from '~/ui/Skeleton';
import { Boot } from './Boot';
import { Card } from './Card';
import { createSubmission } from './form';

/** The address that an invite leads to. */
export const inviteGoal = ({ guild, channel }: Invite): string =>
  guild ? `/guilds/${guild.id}${channel ? `/${channel.id}` : ''}` : '/';

/** What an invite link shows: the guild, who invites, and one button. */
export function InvitePage() {
  const params = useParams<{ code: string }>();
  const navigate = useNavigate();
  const form = createSubmission();
  const [invite] = createResource(
    () => params.code,
    (code) => invites.get(code),
  );
  const isMember = () => store.guilds[invite()?.guild?.id ?? ''] !== undefined;
  const here = () => `?to=${encodeURIComponent(`/invite/${params.code}`)}`;
  const enter = () => {
    const told = invite();
    if (told) navigate(inviteGoal(told), { replace: true });
  };
  const join = async () => {
    const joined = await form.submit(async () => {
      await invites.accept(params.code);
      await untilTold(isMember);
    });
    if (joined) enter();
  };
  return (
    <Switch fallback={<Boot />}>
      <Match when={invite.error}>
        <Card title={t('invite.invalid')} lead={t('invite.invalidHint')}>
          <p class="entry-other">
            <A href="/">{t('invite.home')}</A>
          </p>
        </Card>
      </Match>
      <Match when={invite.loading}>
        <Card title={t('invite.title')}>
          <RowSkeleton count={3} />
        </Card>
      </Match>
      <Match when={store.phase !== 'starting' && invite()?.guild}>
        {(guild) => (
          <Card
            title={t('invite.title')}
            lead={invite()?.inviter ? t('invite.from', { name: displayName(invite()?.inviter) }) : undefined}
          >
            <div class="entry-guild">
              <GuildIcon id={guild().id} name={guild().name} icon={guild().icon} size={56} />
              <div>
                <h2>{guild().name}</h2>
                <Show when={invite()?.approximate_member_count}>
                  {(count) => <p>{tn('invite.members', count())}</p>}
                </Show>
                <Show when={guild().description}>
                  <p>{guild().description}</p>
                </Show>
              </div>
            </div>
            <FormProblem text={form.problem()} />
            <Switch>
              <Match when={store.phase === 'signed-out'}>
                <Button kind="primary" onClick={() => navigate(`/register${here()}`)}>
                  {t('invite.register')}
                </Button>
                <p class="entry-other">
                  {t('register.have')} <A href={`/login${here()}`}>{t('login.submit')}</A>
                </p>
              </Match>
              <Match when={isMember()}>
                <Button kind="primary" onClick={enter}>
                  {t('invite.open')}
                </Button>
              </Match>
              <Match when={true}>
                <Button kind="primary" busy={form.busy()} onClick={() => void join()}>
                  {t('invite.join', { name: guild().name })}
                </Button>
              </Match>
            </Switch>
          </Card>
        )}
      </Match>
    </Switch>
  );
}
