import { Tabs } from '@kobalte/core/tabs';
import { createMemo, lazy, Show, Suspense } from 'solid-js';
import { channels } from '~/api/calls';
import { type Channel, ChannelType } from '~/api/wire';
import { createSubmission } from '~/entry/form';
import { createEdit } from '~/settings/edit';
import { canIn, channelGroups, isVoice } from '~/state/select';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { locale, t, tn } from '~/text';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Choice, Field, FormProblem } from '~/ui/Field';
import { Trash } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import { channelSlug } from './CreateChannel';
import './channel-settings.css';

const Overwrites = lazy(async () => ({ default: (await import('./Overwrites')).Overwrites }));

/** Seconds between two messages of one member. */
const SLOW_STEPS = [0, 5, 10, 30, 60, 300, 900, 3600, 21600] as const;

/** How many a voice channel may hold, to choose from; 0 is any number. */
const LIMITS = [0, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 50, 99] as const;
/** Bits per second of one voice: poor lines, talk, talk at its best, music. */
const BITRATES = [16_000, 32_000, 64_000, 96_000] as const;

interface ChannelSettingsProps {
  channel: Channel;
  onClose: () => void;
}

/** A channel or category: what it is called and where it stands, and who may do what in it. */
export function ChannelSettings(props: ChannelSettingsProps) {
  const channel = () => store.channels[props.channel.id] ?? props.channel;
  const category = () => channel().type === ChannelType.Category;
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={t(category() ? 'category.settings' : 'channel.settings')}
      description={channel().type === ChannelType.Text ? `#${channel().name ?? ''}` : (channel().name ?? '')}
      size="l"
    >
      <Tabs class="tabs">
        <Tabs.List class="tab-list">
          <Tabs.Trigger class="tab" value="overview">
            {t('guild.overview')}
          </Tabs.Trigger>
          <Show when={canIn(channel().id, 'MANAGE_ROLES')}>
            <Tabs.Trigger class="tab" value="permissions">
              {t('roles.permissions')}
            </Tabs.Trigger>
          </Show>
          <Tabs.Trigger class="tab" value="delete">
            {t('action.delete')}
          </Tabs.Trigger>
          <Tabs.Indicator class="tab-line" />
        </Tabs.List>
        <Tabs.Content class="tab-content" value="overview">
          <Overview channel={channel()} />
        </Tabs.Content>
        <Tabs.Content class="tab-content" value="permissions">
          <Suspense fallback={<RowSkeleton />}>
            <Overwrites channel={channel()} />
          </Suspense>
        </Tabs.Content>
        <Tabs.Content class="tab-content" value="delete">
          <Delete channel={channel()} onClose={props.onClose} />
        </Tabs.Content>
      </Tabs>
    </Dialog>
  );
}

function Overview(props: { channel: Channel }) {
  const channel = () => props.channel;
  const text = () => channel().type === ChannelType.Text;
  const category = () => channel().type === ChannelType.Category;
  const voice = () => isVoice(channel());
  const edit = createEdit(() => ({
    name: channel().name ?? '',
    topic: channel().topic ?? '',
    parent: channel().parent_id ?? '',
    slow: String(channel().rate_limit_per_user ?? 0),
    limit: String(channel().user_limit ?? 0),
    bitrate: String(channel().bitrate ?? 64_000),
  }));
  const form = createSubmission();
  const categories = createMemo(() =>
    channelGroups(channel().guild_id ?? '').flatMap((group) => (group.category ? [group.category] : [])),
  );
  const steps = (known: readonly number[], now: string) => [...new Set([...known, Number(now)])].sort((a, b) => a - b);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const { name, topic, parent, slow, limit, bitrate } = edit.changes();
    const done = await form.submit(() =>
      channels.edit(channel().id, {
        ...(name !== undefined ? { name: name.trim() } : {}),
        ...(topic !== undefined ? { topic: topic.trim() || null } : {}),
        ...(parent !== undefined ? { parent_id: parent || null } : {}),
        ...(slow !== undefined ? { rate_limit_per_user: Number(slow) } : {}),
        ...(limit !== undefined ? { user_limit: Number(limit) } : {}),
        ...(bitrate !== undefined ? { bitrate: Number(bitrate) } : {}),
      }),
    );
    if (!done) return;
    edit.reset();
    toast.info(t('save.saved'));
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <Field
        label={t(category() ? 'category.name' : 'channel.name')}
        value={edit.value('name')}
        onInput={(name) => edit.set('name', text() ? channelSlug(name) : name)}
        maxLength={100}
        required
        problem={form.field('name')}
      />
      <Show when={text()}>
        <Field
          label={t('channel.topic')}
          hint={t('channel.topicHint')}
          value={edit.value('topic')}
          onInput={(topic) => edit.set('topic', topic)}
          maxLength={1024}
          multiline
          problem={form.field('topic')}
        />
      </Show>
      <div class="two-fields">
        <Show when={!category()}>
          <Choice
            label={t('channel.category')}
            value={edit.value('parent')}
            options={[
              { value: '', label: t('channel.categoryNone') },
              ...categories().map((one) => ({ value: one.id, label: one.name ?? '' })),
            ]}
            onChange={(parent) => edit.set('parent', parent)}
          />
        </Show>
        <Show when={text()}>
          <Choice
            label={t('channel.slow')}
            value={edit.value('slow')}
            options={steps(SLOW_STEPS, edit.value('slow')).map((seconds) => ({
              value: String(seconds),
              label: spanOf(seconds),
            }))}
            onChange={(slow) => edit.set('slow', slow)}
          />
        </Show>
        <Show when={voice()}>
          <Choice
            label={t('channel.limit')}
            value={edit.value('limit')}
            options={steps(LIMITS, edit.value('limit')).map((most) => ({
              value: String(most),
              label: most === 0 ? t('channel.limitNone') : tn('channel.limitOf', most),
            }))}
            onChange={(limit) => edit.set('limit', limit)}
          />
          <Choice
            label={t('channel.bitrate')}
            value={edit.value('bitrate')}
            options={steps(BITRATES, edit.value('bitrate')).map((bits) => ({
              value: String(bits),
              label: t('channel.bitrateOf', { kbps: Math.round(bits / 1000) }),
            }))}
            onChange={(bitrate) => edit.set('bitrate', bitrate)}
          />
        </Show>
      </div>
      <FormProblem text={form.problem()} />
      <div>
        <Button
          type="submit"
          kind="primary"
          busy={form.busy()}
          disabled={!edit.dirty() || edit.value('name').trim() === ''}
        >
          {t('save.save')}
        </Button>
      </div>
    </form>
  );
}

function spanOf(seconds: number): string {
  if (seconds === 0) return t('channel.slowOff');
  const [value, unit] =
    seconds % 3600 === 0
      ? [seconds / 3600, 'hour']
      : seconds % 60 === 0
        ? [seconds / 60, 'minute']
        : [seconds, 'second'];
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: String(unit), unitDisplay: 'long' }).format(
    Number(value),
  );
}

function Delete(props: ChannelSettingsProps) {
  const form = createSubmission();
  const category = () => props.channel.type === ChannelType.Category;
  const run = async () => {
    const done = await form.submit(() => channels.remove(props.channel.id));
    if (done) props.onClose();
  };
  return (
    <div class="form">
      <p>{t(category() ? 'category.deleteText' : 'channel.deleteText', { name: props.channel.name ?? '' })}</p>
      <FormProblem text={form.problem()} />
      <div>
        <Button kind="danger" icon={Trash} busy={form.busy()} onClick={() => void run()}>
          {t(category() ? 'category.delete' : 'channel.delete')}
        </Button>
      </div>
    </div>
  );
}
