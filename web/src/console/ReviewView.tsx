import { createSignal, For, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { LoadProblem } from '~/settings/LoadProblem';
import { toast } from '~/state/toast';
import { Button } from '~/ui/Button';
import { RowSkeleton } from '~/ui/Skeleton';
import { every } from './every';
import { countText } from './figure';
import { MatchList } from './MatchList';
import { ReviewCase } from './ReviewCase';
import { review as api } from './reviewApi';
import type { CaseLine, Overview } from './reviewWire';
import { c } from './text';
import './review.css';

const REFRESH_S = 15;

/** What looks like a listed picture and is kept back: looked at one by one, then let through or removed. */
export function ReviewView() {
  const [state, setState] = createStore<{ overview: Overview | null }>({ overview: null });
  const [decided, setDecided] = createSignal(false);
  const [problem, setProblem] = createSignal<unknown>(null);
  let list: HTMLUListElement | undefined;
  let heading!: HTMLHeadingElement;
  const load = async () => {
    const asked = decided();
    try {
      const found = await api.overview(asked);
      if (asked === decided()) setState('overview', reconcile(found, { key: 'id' }));
      setProblem(null);
    } catch (error) {
      if (!state.overview) setProblem(error);
    }
  };
  void load();
  every(REFRESH_S, () => void load());
  const show = (past: boolean) => {
    setDecided(past);
    setState('overview', null);
    void load();
  };
  /** The keyboard goes on with the case that takes the place of the one that went. */
  const goOn = (place: number) => {
    const next = list?.querySelectorAll<HTMLElement>('.review-case')[place];
    (next?.querySelector<HTMLElement>('button') ?? heading).focus();
  };
  const decide = async (file: CaseLine, place: number, what: 'release' | 'remove') => {
    await api[what](file.id);
    toast.info(c(what === 'release' ? 'reviewReleased' : 'reviewDeleted', { name: file.name }));
    await load();
    goOn(place);
  };
  return (
    <div class="console-page">
      <h1 ref={heading} tabindex="-1">
        {c('review')}
      </h1>
      <p class="console-lead">{c('reviewLead')}</p>
      <Show when={!problem()} fallback={<LoadProblem error={problem()} onRetry={() => void load()} />}>
        <div class="review-tabs" role="group" aria-label={c('reviewShown')}>
          <Button aria-pressed={!decided()} onClick={() => show(false)}>
            {c('reviewHeld', { count: countText(state.overview?.held ?? 0) })}
          </Button>
          <Button aria-pressed={decided()} onClick={() => show(true)}>
            {c('reviewPast', {
              count: countText((state.overview?.released ?? 0) + (state.overview?.deleted ?? 0)),
            })}
          </Button>
        </div>
        <Show when={state.overview} fallback={<RowSkeleton count={6} />}>
          {(overview) => (
            <>
              <Show when={overview().rescan_left > 0}>
                <p class="console-lead" role="status">
                  {c('reviewRescan', { count: countText(overview().rescan_left) })}
                </p>
              </Show>
              <Show
                when={overview().cases.length > 0}
                fallback={
                  <div class="console-empty">
                    <p class="console-empty-title">{c(decided() ? 'reviewNonePast' : 'reviewNone')}</p>
                    <p>{c('reviewNoneHint', { count: countText(overview().entries) })}</p>
                  </div>
                }
              >
                <ul class="review-list" ref={list} aria-label={c('review')}>
                  <For each={overview().cases}>
                    {(file, place) => <ReviewCase file={file} decide={(what) => decide(file, place(), what)} />}
                  </For>
                </ul>
              </Show>
            </>
          )}
        </Show>
        <MatchList onChange={() => void load()} />
      </Show>
    </div>
  );
}
