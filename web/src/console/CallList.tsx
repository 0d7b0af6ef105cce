import { A } from '@solidjs/router';
import { createEffect, createSignal, For, on, onCleanup, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { LoadProblem } from '~/settings/LoadProblem';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import { Button } from '~/ui/Button';
import { Choice, Field } from '~/ui/Field';
import { RowSkeleton } from '~/ui/Skeleton';
import { calls as api, type Wanted } from './api';
import { every } from './every';
import { clockText, mosClass, mosText } from './figure';
import { createNow } from './now';
import { causeShort } from './sentence';
import { c } from './text';
import type { Call } from './wire';

const REFRESH_S = 10;
/** How long a pause in typing is before the words are searched. */
const PAUSE_MS = 300;

/** What was asked for last, kept while one call is looked at. */
const [wanted, setWanted] = createStore<Wanted>({ query: '', state: '', quality: '' });

/** The calls, the newest first, narrowed by words, state and quality. */
export function CallList() {
  const [list, setList] = createStore<{ calls: Call[] }>({ calls: [] });
  const [before, setBefore] = createSignal<string | null>(null);
  const [problem, setProblem] = createSignal<unknown>(null);
  const [loaded, setLoaded] = createSignal(false);
  const [busy, setBusy] = createSignal(false);
  const now = createNow();
  let asked = 0;

  /** Ask for the first page; what was shown beyond it stays when only the first is brought up to date. */
  const load = async (fresh: boolean) => {
    const ask = ++asked;
    try {
      const page = await api.page({ ...wanted });
      if (ask !== asked) return;
      const last = page.calls.at(-1);
      const older = fresh || !last ? [] : list.calls.filter((call) => BigInt(call.id) < BigInt(last.id));
      setList('calls', reconcile([...page.calls, ...older], { key: 'id' }));
      if (fresh || older.length === 0) setBefore(page.before);
      setProblem(null);
      setLoaded(true);
    } catch (error) {
      if (ask === asked && (fresh || !loaded())) setProblem(error);
    }
  };
  const more = async () => {
    const from = before();
    if (!from) return;
    setBusy(true);
    const ask = ++asked;
    try {
      const page = await api.page({ ...wanted }, from);
      if (ask === asked) {
        setList('calls', (there) => [...there, ...page.calls]);
        setBefore(page.before);
      }
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  let pause: ReturnType<typeof setTimeout> | undefined;
  createEffect(
    on([() => wanted.query, () => wanted.state, () => wanted.quality], (_, earlier) => {
      clearTimeout(pause);
      pause = setTimeout(() => void load(true), earlier ? PAUSE_MS : 0);
    }),
  );
  onCleanup(() => clearTimeout(pause));
  every(REFRESH_S, () => void load(false));
  const narrowed = () => wanted.query.trim() !== '' || wanted.state !== '' || wanted.quality !== '';

  return (
    <div class="console-page">
      <h1>{c('calls')}</h1>
      <p class="console-lead">{c('callsLead')}</p>
      <div class="console-filters" role="search">
        <Field
          label={c('search')}
          value={wanted.query}
          onInput={(query) => setWanted({ query })}
          maxLength={100}
          autocomplete="off"
        />
        <Choice
          label={c('state')}
          value={wanted.state}
          options={[
            { value: '', label: c('stateAny') },
            { value: 'live', label: c('stateLive') },
            { value: 'past', label: c('statePast') },
          ]}
          onChange={(state) => setWanted({ state })}
        />
        <Choice
          label={c('quality')}
          value={wanted.quality}
          options={[
            { value: '', label: c('qualityAny') },
            { value: 'bad', label: c('qualityBad') },
            { value: 'fair', label: c('qualityFair') },
            { value: 'good', label: c('qualityGood') },
          ]}
          onChange={(quality) => setWanted({ quality })}
        />
      </div>
      <Show when={!problem()} fallback={<LoadProblem error={problem()} onRetry={() => void load(true)} />}>
        <Show when={loaded()} fallback={<RowSkeleton count={8} />}>
          <p class="visually-hidden" role="status">
            {c('found', { count: list.calls.length })}
          </p>
          <Show when={list.calls.length > 0} fallback={<Nothing narrowed={narrowed()} />}>
            <CallTable calls={list.calls} now={now()} />
            <Show when={before()}>
              <Button class="console-more" busy={busy()} onClick={() => void more()}>
                {c('more')}
              </Button>
            </Show>
          </Show>
        </Show>
      </Show>
    </div>
  );
}

function Nothing(props: { narrowed: boolean }) {
  return (
    <div class="console-empty">
      <p class="console-empty-title">{c(props.narrowed ? 'noneFound' : 'none')}</p>
      <p>{c(props.narrowed ? 'noneFoundHint' : 'noneHint')}</p>
    </div>
  );
}

function CallTable(props: { calls: readonly Call[]; now: number }) {
  return (
    <table class="console-table">
      <thead>
        <tr>
          <th scope="col">{c('where')}</th>
          <th scope="col">{c('began')}</th>
          <th scope="col" class="figure">
            {c('lasted')}
          </th>
          <th scope="col" class="figure">
            {c('people')}
          </th>
          <th scope="col" class="figure">
            <abbr title={c('worstHint')}>{c('worst')}</abbr>
          </th>
          <th scope="col">{c('likely')}</th>
        </tr>
      </thead>
      <tbody>
        <For each={props.calls}>
          {(call) => (
            <tr>
              <th scope="row">
                <A class="console-row-link" href={`/console/calls/${call.id}`}>
                  {call.title}
                </A>
                <Show when={call.guild_name}>
                  <span class="console-sub">{call.guild_name}</span>
                </Show>
              </th>
              <td data-label={c('began')}>{formatStamp(call.began_at_ms, 'f', locale())}</td>
              <td data-label={c('lasted')} class="figure">
                <span>
                  <Show
                    when={call.ended_at_ms === null}
                    fallback={clockText((call.ended_at_ms ?? 0) - call.began_at_ms)}
                  >
                    <span class="console-live">{c('live')}</span> {clockText(props.now - call.began_at_ms)}
                  </Show>
                </span>
              </td>
              <td data-label={c('people')} class="figure">
                {call.people_peak}
              </td>
              <td data-label={c('worst')} class="figure">
                <span class={`mos mos-${mosClass(call.worst_mos)}`}>{mosText(call.worst_mos)}</span>
              </td>
              <td data-label={c('likely')}>{causeShort(call.cause)}</td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
