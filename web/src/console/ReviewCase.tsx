import { A } from '@solidjs/router';
import { createSignal, For, Show } from 'solid-js';
import { createPlaceholder } from '~/media/placeholder';
import { Confirm } from '~/shell/Confirm';
import { toast } from '~/state/toast';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import { Button } from '~/ui/Button';
import { Eye, EyeOff } from '~/ui/icons';
import { DASH, sizeText } from './figure';
import { previewPath } from './reviewApi';
import type { CaseLine, Use } from './reviewWire';
import { c, isKey } from './text';

const HELD = 'held';
/** Characters of a hash that tell it from others at a glance. */
const HASH_SHOWN = 12;

const word = (group: string, name: string): string => {
  const key = `${group}.${name}`;
  return isKey(key) ? c(key) : name;
};

/** One file that is kept back: hidden until somebody asks to see it, because nobody should have to by chance. */
export function ReviewCase(props: { file: CaseLine; decide: (what: 'release' | 'remove') => Promise<void> }) {
  const [asking, setAsking] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const name = () => props.file.name || DASH;
  const release = async () => {
    setBusy(true);
    try {
      await props.decide('release');
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy(false);
    }
  };
  const facts = () =>
    [
      props.file.width > 0 ? `${props.file.width} × ${props.file.height}` : null,
      sizeText(props.file.size_bytes),
      formatStamp(props.file.found_at_ms, 'f', locale()),
    ].filter(Boolean);
  return (
    <li class="review-case" aria-label={name()}>
      <Preview file={props.file} />
      <div class="review-facts">
        <p class="review-name">{name()}</p>
        <p>
          <span class={`review-action review-${props.file.action}`}>{word('matchAction', props.file.action)}</span>{' '}
          {props.file.label || c('reviewUnlabelled')}
        </p>
        <dl class="review-details">
          <dt>{c('reviewDistance')}</dt>
          <dd>{c('reviewBits', { bits: props.file.distance })}</dd>
          <dt>{c('reviewSender')}</dt>
          <dd>{props.file.sender}</dd>
          <dt>{c('reviewUses')}</dt>
          <dd>
            <Show when={props.file.uses.length > 0} fallback={c('reviewUnused')}>
              <ul class="review-uses">
                <For each={props.file.uses}>{(use) => <Place use={use} />}</For>
              </ul>
            </Show>
          </dd>
          <dt>{c('reviewEntry')}</dt>
          <dd>
            <code title={props.file.hash}>{props.file.hash.slice(0, HASH_SHOWN)}…</code>
          </dd>
        </dl>
        <p class="console-sub">{facts().join(' · ')}</p>
        <Show
          when={props.file.state === HELD}
          fallback={
            <p class="console-sub">
              {c(props.file.state === 'released' ? 'reviewWasReleased' : 'reviewWasDeleted', {
                name: props.file.decided_by,
                time: formatStamp(props.file.decided_at_ms, 'f', locale()),
              })}
            </p>
          }
        >
          <span class="console-actions">
            <Button busy={busy()} aria-label={c('reviewReleaseOf', { name: name() })} onClick={() => void release()}>
              {c('reviewRelease')}
            </Button>
            <Button kind="danger" aria-label={c('reviewDeleteOf', { name: name() })} onClick={() => setAsking(true)}>
              {c('reviewDelete')}
            </Button>
          </span>
        </Show>
      </div>
      <Show when={asking()}>
        <Confirm
          title={c('reviewDeleteOf', { name: name() })}
          text={c('reviewDeleteText')}
          action={c('reviewDelete')}
          run={() => props.decide('remove')}
          onClose={() => setAsking(false)}
        />
      </Show>
    </li>
  );
}

/** A blur of two dozen bytes in place of the picture, which is fetched when somebody wants to see it. */
function Preview(props: { file: CaseLine }) {
  const [shown, setShown] = createSignal(false);
  const [failed, setFailed] = createSignal(false);
  const blur = createPlaceholder(() => props.file.thumbhash ?? undefined);
  const gone = () => props.file.state === 'deleted' || failed();
  const name = () => props.file.name || DASH;
  return (
    <div class="review-preview" style={blur() && !gone() ? { 'background-image': `url(${blur()})` } : {}}>
      <Show when={shown() && !gone()}>
        <img
          src={previewPath(props.file.id)}
          alt={c('reviewPicture', { name: name() })}
          onError={() => setFailed(true)}
        />
      </Show>
      <Show when={!gone()} fallback={<span class="review-gone">{c('reviewGone')}</span>}>
        <Button
          class="review-show"
          icon={shown() ? EyeOff : Eye}
          aria-pressed={shown()}
          aria-label={c(shown() ? 'reviewHideOf' : 'reviewShowOf', { name: name() })}
          onClick={() => setShown(!shown())}
        >
          {c(shown() ? 'reviewHide' : 'reviewShow')}
        </Button>
      </Show>
    </div>
  );
}

function Place(props: { use: Use }) {
  const text = () => [word('use', props.use.kind), props.use.text].filter(Boolean).join(': ');
  return (
    <li>
      <Show when={props.use.path} fallback={text()}>
        <A href={props.use.path}>{text()}</A>
      </Show>
    </li>
  );
}
