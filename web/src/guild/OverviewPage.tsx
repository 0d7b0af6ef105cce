import { useNavigate } from '@solidjs/router';
import { createSignal, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import { createSubmission } from '~/entry/form';
import { createEdit, guardChanges } from '~/settings/edit';
import { SaveBar } from '~/settings/SaveBar';
import { textChannels } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { GuildIcon } from '~/ui/Avatar';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Choice, Field, FormProblem } from '~/ui/Field';
import { PictureField } from '~/ui/PictureField';
import type { GuildPageProps } from './page';

interface Overview {
  name: string;
  description: string;
  system: string;
  icon: string | null | undefined;
}

/** Name, picture and place for greetings; and for its owner, the end of the guild. */
export function OverviewPage(props: GuildPageProps) {
  const guild = () => store.guilds[props.guildId];
  const edit = createEdit<Overview>(() => ({
    name: guild()?.name ?? '',
    description: guild()?.description ?? '',
    system: guild()?.systemChannelId ?? '',
    icon: undefined,
  }));
  const form = createSubmission();
  guardChanges(edit.dirty, edit.reset);
  const save = async () => {
    const { name, description, system, icon } = edit.changes();
    const done = await form.submit(() =>
      guilds.edit(props.guildId, {
        ...(name !== undefined ? { name: name.trim() } : {}),
        ...(description !== undefined ? { description: description.trim() || null } : {}),
        ...(system !== undefined ? { system_channel_id: system || null } : {}),
        ...(icon !== undefined ? { icon } : {}),
      }),
    );
    if (done) edit.reset();
  };
  const blank = (icon: string | null) => (
    <GuildIcon id={props.guildId} name={edit.value('name') || '?'} icon={icon} size={88} />
  );
  return (
    <div class="settings-page">
      <section class="settings-section">
        <PictureField
          label={t('guild.iconLabel')}
          hint={t('guild.iconHint')}
          value={edit.value('icon')}
          onChange={(icon) => edit.set('icon', icon)}
          removable={Boolean(guild()?.icon)}
          empty={blank(null)}
          problem={form.field('icon')}
        >
          {blank(guild()?.icon ?? null)}
        </PictureField>
        <Field
          label={t('guild.name')}
          value={edit.value('name')}
          onInput={(name) => edit.set('name', name)}
          maxLength={100}
          required
          problem={form.field('name')}
        />
        <Field
          label={t('guild.description')}
          hint={t('guild.descriptionHint')}
          value={edit.value('description')}
          onInput={(description) => edit.set('description', description)}
          maxLength={300}
          multiline
          problem={form.field('description')}
        />
        <Choice
          label={t('guild.system')}
          value={edit.value('system')}
          options={[
            { value: '', label: t('guild.systemNone') },
            ...textChannels(props.guildId).map((channel) => ({ value: channel.id, label: `#${channel.name}` })),
          ]}
          onChange={(system) => edit.set('system', system)}
        />
      </section>
      <Show when={guild()?.ownerId === store.me?.id}>
        <DeleteGuild guildId={props.guildId} />
      </Show>
      <SaveBar
        shown={edit.dirty()}
        busy={form.busy()}
        problem={form.problem()}
        onSave={() => void save()}
        onReset={() => {
          edit.reset();
          form.clear();
        }}
      />
    </div>
  );
}

function DeleteGuild(props: GuildPageProps) {
  const navigate = useNavigate();
  const [open, setOpen] = createSignal(false);
  const [typed, setTyped] = createSignal('');
  const form = createSubmission();
  const name = () => store.guilds[props.guildId]?.name ?? '';
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const done = await form.submit(() => guilds.remove(props.guildId));
    if (done) navigate('/direct');
  };
  const close = () => {
    setOpen(false);
    setTyped('');
    form.clear();
  };
  return (
    <section class="settings-section">
      <h3>{t('guild.delete')}</h3>
      <p class="field-hint">{t('guild.deleteHint')}</p>
      <div>
        <Button kind="danger" onClick={() => setOpen(true)}>
          {t('guild.delete')}
        </Button>
      </div>
      <Dialog
        open={open()}
        onClose={close}
        title={t('guild.deleteTitle', { name: name() })}
        description={t('guild.deleteText')}
      >
        <form class="form" onSubmit={(event) => void submit(event)}>
          <Field
            label={t('guild.deleteType', { name: name() })}
            value={typed()}
            onInput={setTyped}
            autofocus
            required
          />
          <FormProblem text={form.problem()} />
          <Button type="submit" kind="danger" busy={form.busy()} disabled={typed().trim() !== name()}>
            {t('guild.deleteForEver')}
          </Button>
        </form>
      </Dialog>
    </section>
  );
}
