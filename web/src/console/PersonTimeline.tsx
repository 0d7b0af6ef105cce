import { createMemo, createResource, createSignal, For, Index, Show } from 'solid-js';
import { LoadProblem } from '~/settings/LoadProblem';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import { Button } from '~/ui/Button';
import { Download } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import { calls as api } from './api';
import { every } from './every';
import { save, stack } from './picture';
import { Plot } from './Plot';
import { figureText, plotsOf } from './plots';
import { csvOf, type Row, rowsOf } from './series';
import { markText } from './sentence';
import { c } from './text';
import type { Mark, Timeline, TrackNote } from './wire';

const REFRESH_S = 5;

interface PersonTimelineProps {
  call: string;
  stay: string;
  tracks: readonly TrackNote[];
  live: boolean;
}

/** One person's time in a call: plots over one time axis, what happened, and the same as a table. */
export function PersonTimeline(props: PersonTimelineProps) {
  const [timeline, { refetch }] = createResource(
    () => [props.call, props.stay] as const,
    ([call, stay]) => api.timeline(call, stay),
  );
  every(REFRESH_S, () => {
    if (props.live) void refetch();
  });
  const there = () => (timeline.error ? undefined : timeline.latest);
  return (
    <Show when={!timeline.error} fallback={<LoadProblem error={timeline.error} onRetry={() => void refetch()} />}>
      <Show when={there()} fallback={<RowSkeleton count={6} />}>
        {(loaded) => <Loaded timeline={loaded()} tracks={props.tracks} name={props.stay} />}
      </Show>
    </Show>
  );
}

function Loaded(props: { timeline: Timeline; tracks: readonly TrackNote[]; name: string }) {
  const rows = createMemo(() => rowsOf(props.timeline.points));
  const marks = () => props.timeline.marks;
  const plots = createMemo(() => plotsOf(rows()).map((plan) => plan.title));
  const plan = (title: string) => plotsOf(rows()).find((each) => each.title === title);
  const [at, setAt] = createSignal<number | null>(null);
  const row = () => rows()[at() ?? -1];
  const time = (seconds: number) => formatStamp(seconds * 1000, 'T', locale());
  const canvases = new Map<string, HTMLCanvasElement>();

  const onKey = (event: KeyboardEvent) => {
    const last = rows().length - 1;
    const here = at() ?? (event.key === 'ArrowLeft' ? last + 1 : -1);
    const steps: Record<string, number> = {
      ArrowLeft: here - (event.shiftKey ? 12 : 1),
      ArrowRight: here + (event.shiftKey ? 12 : 1),
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    setAt(Math.min(Math.max(next, 0), last));
  };
  const toMark = (mark: Mark) => {
    const index = rows().findIndex((each) => each.at * 1000 >= mark.at_ms - 5000);
    setAt(index < 0 ? null : index);
  };
  const download = async (kind: 'csv' | 'png') => {
    const name = `call-${props.name}.${kind}`;
    if (kind === 'csv') return save(new Blob([csvOf(rows())], { type: 'text/csv' }), name);
    const pictures = plots().flatMap((title) => {
      const canvas = canvases.get(title);
      return canvas ? [{ title: c(title), canvas }] : [];
    });
    const blob = await stack(pictures);
    if (blob) save(blob, name);
  };
  /** What the reader is at, read out when the keys move there. */
  const spoken = () => {
    const here = row();
    if (!here) return '';
    const figures = plotsOf(rows()).map(
      ({ title, lines, digits }) =>
        `${c(title)}: ${lines.map((line) => `${c(line.label)} ${figureText(here[line.figure], digits)}`).join(', ')}`,
    );
    return `${c('at', { time: time(here.at) })}. ${figures.join('. ')}`;
  };
  return (
    <>
      <Show
        when={rows().length > 0}
        fallback={
          <div class="console-empty">
            <p class="console-empty-title">{c('noPoints')}</p>
            <p>{c('noPointsHint')}</p>
          </div>
        }
      >
        <div class="plots no-swipe" role="group" aria-label={c('plotHint')} tabindex="0" onKeyDown={onKey}>
          <p class="plots-at">{row() ? c('at', { time: time(row()?.at ?? 0) }) : c('plotHint')}</p>
          <For each={plots()}>
            {(title) => (
              <figure class="plot-figure">
                <figcaption class="plot-caption">
                  <span class="plot-title">{c(title)}</span>
                  <Index each={plan(title)?.lines ?? []}>
                    {(line) => (
                      <span class="plot-series">
                        <span
                          class={`swatch swatch-${line().color.slice(2)}`}
                          data-dashed={line().dashed ? '' : undefined}
                        />
                        {c(line().label)}
                        <span class="plot-value">
                          {row() ? figureText(row()?.[line().figure], plan(title)?.digits ?? 0) : ''}
                        </span>
                      </span>
                    )}
                  </Index>
                </figcaption>
                <Show when={plan(title)}>
                  {(there) => (
                    <Plot
                      plan={there()}
                      rows={rows()}
                      marks={marks()}
                      at={at()}
                      onAt={setAt}
                      onCanvas={(canvas) => canvases.set(title, canvas)}
                    />
                  )}
                </Show>
              </figure>
            )}
          </For>
          <p class="visually-hidden" aria-live="polite">
            {spoken()}
          </p>
        </div>
        <div class="console-actions">
          <Button icon={Download} onClick={() => void download('csv')}>
            {c('csv')}
          </Button>
          <Button icon={Download} onClick={() => void download('png')}>
            {c('png')}
          </Button>
        </div>
      </Show>
      <h3 class="console-subhead">{c('happened')}</h3>
      <Show when={marks().length > 0} fallback={<p class="console-lead">{c('nothingHappened')}</p>}>
        <ol class="marks">
          <For each={marks()}>
            {(mark) => (
              <li>
                <button type="button" class="mark" onClick={() => toMark(mark)}>
                  <span class="mark-time">{time(mark.at_ms / 1000)}</span>
                  <span>{markText(mark, props.tracks)}</span>
                </button>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <Show when={rows().length > 0}>
        <details class="console-details">
          <summary>{c('asTable')}</summary>
          <RowTable rows={rows()} time={time} />
        </details>
      </Show>
    </>
  );
}

function RowTable(props: { rows: readonly Row[]; time: (seconds: number) => string }) {
  const plans = () => plotsOf(props.rows);
  return (
    <div class="console-scroll" tabindex="0" role="region" aria-label={c('asTable')}>
      <table class="console-table console-figures">
        <thead>
          <tr>
            <th scope="col">{c('time')}</th>
            <For each={plans()}>
              {({ title, lines }) => (
                <For each={lines}>
                  {(line) => (
                    <th scope="col" class="figure">
                      {c(title)}, {c(line.label)}
                    </th>
                  )}
                </For>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr>
                <th scope="row">{props.time(row.at)}</th>
                <For each={plans()}>
                  {({ lines, digits }) => (
                    <For each={lines}>{(line) => <td class="figure">{figureText(row[line.figure], digits)}</td>}</For>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}
