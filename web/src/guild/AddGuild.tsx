import { useNavigate } from '@solidjs/router';
import { createSignal, Show } from 'solid-js';
import { guilds, invites } from '~/api/calls';
import { createSubmission } from '~/entry/form';
import { setPane } from '~/shell/layout';
import { store } from '~/state/store';
import { untilTold } from '~/state/told';
import { t } from '~/text';
import { GuildIcon } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Field, FormProblem } from '~/ui/Field';
import { PictureField } from '~/ui/PictureField';

/** The code of an invite, from a link or by itself. */
export const inviteCode = (text: string): string | null =>
  /^(?:.*\/invite\/)?([A-Za-z0-9_-]{2,64})\/?$/.exec(text.trim())?.[1] ?? null;

/** Make a guild of one's own, or join one by its link. */
export function AddGuild(props: { join: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const create = createSubmission();
  const join = createSubmission();
  const [name, setName] = createSignal(
    t('addGuild.suggested', { name: store.me?.global_name || store.me?.username || '' }),
  );
  const [icon, setIcon] = createSignal<string | null | undefined>();
  const [link, setLink] = createSignal('');
  const [badLink, setBadLink] = createSignal(false);
  const initials = () => <GuildIcon id="0" name={name() || '?'} icon={null} size={88} />;
  const go = (path: string) => {
    props.onClose();
    setPane('main');
    navigate(path);
  };
  const make = (event: SubmitEvent) => {
    event.preventDefault();
    void create.submit(async () => {
      const guild = await guilds.create(name().trim(), icon() ?? undefined);
      await untilTold(() => store.guilds[guild.id] !== undefined);
      go(`/guilds/${guild.id}`);
    });
  };
  const enter = (event: SubmitEvent) => {
    event.preventDefault();
    const code = inviteCode(link());
    setBadLink(code === null);
    if (code === null) return;
    void join.submit(async () => {
      const invite = await invites.accept(code);
      await untilTold(() => store.guilds[invite.guild?.id ?? ''] !== undefined);
      go(invite.guild ? `/guilds/${invite.guild.id}` : '/');
    });
  };
  return (
    <Dialog open onClose={props.onClose} title={t('addGuild.title')} description={t('addGuild.lead')}>
      <form class="form" onSubmit={make}>
        <PictureField
          label={t('guild.iconLabel')}
          hint={t('guild.iconHint')}
          value={icon()}
          onChange={setIcon}
          removable={false}
          empty={initials()}
          problem={create.field('icon')}
        >
          {initials()}
        </PictureField>
        <Field
          label={t('guild.name')}
          value={name()}
          onInput={setName}
          problem={create.field('name')}
          maxLength={100}
          required
          autofocus={!props.join}
        />
        <FormProblem text={create.problem()} />
        <Button type="submit" kind="primary" busy={create.busy()} disabled={name().trim().length < 2}>
          {t('addGuild.create')}
        </Button>
      </form>
      <div class="line line-or">
        <span>{t('addGuild.or')}</span>
      </div>
      <form class="form" onSubmit={enter}>
        <Field
          label={t('addGuild.link')}
          value={link()}
          onInput={setLink}
          autofocus={props.join}
          placeholder={`${location.origin}/invite/…`}
          problem={badLink() ? t('addGuild.badLink') : undefined}
        />
        <Show when={join.problem()}>
          <FormProblem text={join.problem()} />
        </Show>
        <Button type="submit" busy={join.busy()} disabled={link().trim() === ''}>
          {t('addGuild.join')}
        </Button>
      </form>
    </Dialog>
  );
}
