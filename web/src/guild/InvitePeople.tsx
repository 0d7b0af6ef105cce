import { createEffect, createSignal, on, Show } from 'solid-js';
import { channels } from '~/api/calls';
import type { Invite } from '~/api/wire';
import { store } from '~/state/store';
import { toast } from '~/state/toast';
import { locale, t } from '~/text';
import { relativeTime } from '~/text/time';
import { Button } from '~/ui/Button';
import { Dialog } from '~/ui/Dialog';
import { Choice, FormProblem } from '~/ui/Field';
import { Copy } from '~/ui/icons';

const AGES = ['1800', '3600', '86400', '604800', '0'] as const;
const USES = ['0', '1', '5', '10', '25', '100'] as const;
type Age = (typeof AGES)[number];
type Uses = (typeof USES)[number];

export const inviteLink = (code: string): string => `${location.origin}/invite/${code}`;

/** Makes a link that leads into the guild; its age and uses can be changed, which makes another. */
export function InvitePeople(props: { channelId: string; onClose: () => void }) {
  const [age, setAge] = createSignal<Age>('604800');
  const [uses, setUses] = createSignal<Uses>('0');
  const [invite, setInvite] = createSignal<Invite | null>(null);
  const [problem, setProblem] = createSignal<string | null>(null);
  const guild = () => store.guilds[store.channels[props.channelId]?.guild_id ?? ''];
  let latest: symbol | null = null;
  createEffect(
    on([age, uses], async ([maxAge, maxUses]) => {
      // A link that is not what was chosen last must not be copied.
      const asked = Symbol('request');
      latest = asked;
      setProblem(null);
      setInvite(null);
      try {
        const made = await channels.invite(props.channelId, { max_age: Number(maxAge), max_uses: Number(maxUses) });
        if (latest === asked) setInvite(made);
      } catch (error) {
        if (latest === asked) setProblem(error instanceof Error ? error.message : String(error));
      }
    }),
  );
  const copy = async () => {
    const made = invite();
    if (!made) return;
    await navigator.clipboard.writeText(inviteLink(made.code));
    toast.info(t('action.copied'));
  };
  return (
    <Dialog
      open
      onClose={props.onClose}
      title={t('invites.to', { name: guild()?.name ?? '' })}
      description={t('invites.lead')}
    >
      <div class="form">
        <div class="copy-line">
          <input
            class="field-input"
            readOnly
            aria-label={t('invites.link')}
            value={invite() ? inviteLink(invite()?.code ?? '') : '…'}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button kind="primary" icon={Copy} disabled={!invite()} onClick={() => void copy()}>
            {t('action.copy')}
          </Button>
        </div>
        <FormProblem text={problem()} />
        <div class="two-fields">
          <Choice
            label={t('invites.age')}
            value={age()}
            onChange={setAge}
            options={AGES.map((value) => ({
              value,
              label: value === '0' ? t('invites.never') : relativeTime(Date.now() + Number(value) * 1000, locale()),
            }))}
          />
          <Choice
            label={t('invites.uses')}
            value={uses()}
            onChange={setUses}
            options={USES.map((value) => ({ value, label: value === '0' ? t('invites.unlimited') : value }))}
          />
        </div>
        <Show when={age() === '0' && uses() === '0'}>
          <p class="field-hint">{t('invites.openHint')}</p>
        </Show>
      </div>
    </Dialog>
  );
}
