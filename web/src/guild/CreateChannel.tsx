import { useNavigate } from '@solidjs/router';
import { createSignal, Show } from 'solid-js';
import { guilds } from '~/api/calls';
import { Bit } from '~/api/permissions';
import { ChannelType } from '~/api/wire';
import { createSubmission } from '~/entry/form';
import { setPane } from '~/shell/layout';
import { store } from '~/state/store';
import { untilTold } from '~/state/told';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Choice, Field, FormProblem, SwitchRow } from '~/ui/Field';

interface CreateChannelProps {
  guildId: string;
  parentId: string | null;
  category: boolean;
  onClose: () => void;
}

/** Text channels are written small and without spaces, as they are addressed. */
export const channelSlug = (name: string): string => name.toLowerCase().replace(/\s+/g, '-');

const TYPES = { text: ChannelType.Text, voice: ChannelType.Voice, stage: ChannelType.Stage } as const;

/** Make a channel, or a category to put channels in. */
export function CreateChannel(props: CreateChannelProps) {
  const navigate = useNavigate();
  const form = createSubmission();
  const [name, setName] = createSignal('');
  const [type, setType] = createSignal<'text' | 'voice' | 'stage'>('text');
  const [hidden, setHidden] = createSignal(false);
  const text = () => !props.category && type() === 'text';
  const wireType = () => (props.category ? ChannelType.Category : TYPES[type()]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void form.submit(async () => {
      const bits = (Bit.VIEW_CHANNEL | (text() ? 0n : Bit.CONNECT)).toString();
      const { guildId } = props;
      const shown = text();
      const channel = await guilds.createChannel(guildId, {
        name: name().trim(),
        type: wireType(),
        ...(props.parentId ? { parent_id: props.parentId } : {}),
        ...(hidden()
          ? {
              permission_overwrites: [
                { id: guildId, type: 0, allow: '0', deny: bits },
                { id: store.me?.id ?? '', type: 1, allow: bits, deny: '0' },
              ],
            }
          : {}),
      });
      await untilTold(() => store.channels[channel.id] !== undefined);
      props.onClose();
      if (shown) {
        setPane('main');
        navigate(`/guilds/${guildId}/${channel.id}`);
      }
    });
  };
  return (
    <Dialog open onClose={props.onClose} title={props.category ? t('category.create') : t('channel.create')}>
      <form class="form" onSubmit={submit}>
        <Show when={!props.category}>
          <Choice
            label={t('channel.type')}
            value={type()}
            onChange={setType}
            options={[
              { value: 'text', label: t('channel.typeText') },
              { value: 'voice', label: t('channel.typeVoice') },
              { value: 'stage', label: t('channel.typeStage') },
            ]}
          />
        </Show>
        <Field
          label={props.category ? t('category.name') : t('channel.name')}
          value={name()}
          onInput={(value) => setName(text() ? channelSlug(value) : value)}
          problem={form.field('name')}
          maxLength={100}
          required
          autofocus
        />
        <SwitchRow
          label={t('channel.private')}
          hint={t('channel.privateHint')}
          checked={hidden()}
          onChange={setHidden}
        />
        <FormProblem text={form.problem()} />
        <Button type="submit" kind="primary" busy={form.busy()} disabled={name().trim() === ''}>
          {t('action.create')}
        </Button>
      </form>
    </Dialog>
  );
}
