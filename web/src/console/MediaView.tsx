import { createSignal, For, type JSX, Show } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import { LoadProblem } from '~/settings/LoadProblem';
import { toast } from '~/state/toast';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import { Button } from '~/ui/Button';
import { RowSkeleton } from '~/ui/Skeleton';
import { every } from './every';
import { countText, DASH, shareText, sizeText } from './figure';
import { GuildShares } from './GuildShares';
import { media as api } from './mediaApi';
import type { CostLine, Counted, JobLine, MediaReport } from './mediaWire';
import { c, isKey } from './text';

const REFRESH_S = 10;
/** Where variants came from that were delivered. */
const FOUND = ['memory', 'joined', 'store', 'rendered'] as const;
const STATES = ['queued', 'leased', 'parked'] as const;

/** A word of the server in the reader's language, or as it is where this page does not know it. */
function word(group: string, name: string): string {
  const key = `${group}.${name}`;
  return isKey(key) ? c(key) : name;
}

/** What is kept of files, how they are delivered, what is being done about them, and what it costs. */
export function MediaView() {
  const [state, setState] = createStore<{ report: MediaReport | null }>({ report: null });
  const [problem, setProblem] = createSignal<unknown>(null);
  const load = async () => {
    try {
      setState('report', reconcile(await api.report(), { key: 'id' }));
      setProblem(null);
    } catch (error) {
      if (!state.report) setProblem(error);
    }
  };
  void load();
  every(REFRESH_S, () => void load());
  return (
    <div class="console-page">
      <h1>{c('media')}</h1>
      <p class="console-lead">{c('mediaLead')}</p>
      <Show when={!problem()} fallback={<LoadProblem error={problem()} onRetry={() => void load()} />}>
        <Show when={state.report} fallback={<RowSkeleton count={8} />}>
          {(report) => (
            <>
              <Parked jobs={report().parked} onDone={() => void load()} />
              <Work report={report()} />
              <Kept report={report()} />
              <Delivered month={report().month} />
              <GuildShares />
              <Costs costs={report().costs} currency={report().currency} />
            </>
          )}
        </Show>
      </Show>
    </div>
  );
}

function Part(props: { title: string; note?: string; children: JSX.Element }) {
  return (
    <section class="console-part" aria-label={props.title}>
      <h2>{props.title}</h2>
      <Show when={props.note}>
        <p class="console-lead">{props.note}</p>
      </Show>
      {props.children}
    </section>
  );
}

/** Rows of a name and its figures. */
function Figures(props: { head: readonly string[]; rows: readonly (readonly string[])[]; empty: string }) {
  return (
    <Show when={props.rows.length > 0} fallback={<p class="console-lead">{props.empty}</p>}>
      <table class="console-table">
        <thead>
          <tr>
            <For each={props.head}>
              {(name, place) => (
                <th scope="col" classList={{ figure: place() > 0 }}>
                  {name}
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr>
                <th scope="row">{row[0]}</th>
                <For each={row.slice(1)}>
                  {(value, place) => (
                    <td class="figure" data-label={props.head[place() + 1]}>
                      {value}
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </Show>
  );
}

function Parked(props: { jobs: readonly JobLine[]; onDone: () => void }) {
  const [busy, setBusy] = createSignal('');
  const act = async (job: JobLine, what: 'requeue' | 'drop') => {
    setBusy(job.id);
    try {
      await api[what](job.id);
      toast.info(c(what === 'requeue' ? 'requeued' : 'dropped', { name: job.name ?? DASH }));
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy('');
      props.onDone();
    }
  };
  return (
    <Part title={c('parked')} note={c('parkedNote')}>
      <Show when={props.jobs.length > 0} fallback={<p class="console-lead">{c('parkedNone')}</p>}>
        <table class="console-table">
          <thead>
            <tr>
              <th scope="col">{c('file')}</th>
              <th scope="col">{c('why')}</th>
              <th scope="col">{c('came')}</th>
              <th scope="col">{c('actions')}</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.jobs}>
              {(job) => (
                <tr>
                  <th scope="row">
                    {job.name ?? DASH}
                    <span class="console-sub">
                      {[job.owner, job.size_bytes === null ? null : sizeText(job.size_bytes), word('work', job.kind)]
                        .filter(Boolean)
                        .join(' · ')}
                    </span>
                  </th>
                  <td data-label={c('why')}>{job.message || job.code}</td>
                  <td data-label={c('came')}>{formatStamp(job.began_at_ms, 'f', locale())}</td>
                  <td data-label={c('actions')}>
                    <span class="console-actions">
                      <Button
                        busy={busy() === job.id}
                        aria-label={c('requeueOf', { name: job.name ?? DASH })}
                        onClick={() => void act(job, 'requeue')}
                      >
                        {c('requeue')}
                      </Button>
                      <Button
                        busy={busy() === job.id}
                        aria-label={c('dropOf', { name: job.name ?? DASH })}
                        onClick={() => void act(job, 'drop')}
                      >
                        {c('drop')}
                      </Button>
                    </span>
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </Show>
    </Part>
  );
}

function Work(props: { report: MediaReport }) {
  const kinds = () => [...new Set(props.report.jobs.map((job) => job.kind))];
  const more = (number: number, all: number) => countText(number) + (all >= props.report.count_max ? '+' : '');
  const total = () => props.report.jobs.reduce((sum, job) => sum + job.number, 0);
  const count = (kind: string, state: string) =>
    props.report.jobs.find((job) => job.kind === kind && job.state === state)?.number ?? 0;
  const uploads = () => props.report.uploads;
  return (
    <>
      <Part title={c('work')}>
        <Figures
          head={[c('workKind'), ...STATES.map((state) => word('jobs', state))]}
          rows={kinds().map((kind) => [
            word('work', kind),
            ...STATES.map((state) => more(count(kind, state), total())),
          ])}
          empty={c('workNone')}
        />
        <Show when={props.report.running.length > 0}>
          <Figures
            head={[c('file'), c('workKind'), c('progress')]}
            rows={props.report.running.map((job) => [
              job.name ?? DASH,
              word('work', job.kind),
              shareText(job.progress / 100),
            ])}
            empty=""
          />
        </Show>
      </Part>
      <Part
        title={c('uploads')}
        note={
          uploads().number > 0
            ? c('uploadsOf', {
                count: more(uploads().number, uploads().number),
                arrived: sizeText(uploads().arrived_bytes),
                announced: sizeText(uploads().announced_bytes),
              })
            : ''
        }
      >
        <Figures
          head={[c('file'), c('owner'), c('arrived'), c('size')]}
          rows={uploads().latest.map((upload) => [
            upload.name || DASH,
            upload.owner,
            sizeText(upload.offset_bytes),
            upload.size_bytes === null ? DASH : sizeText(upload.size_bytes),
          ])}
          empty={c('uploadsNone')}
        />
      </Part>
    </>
  );
}

function Kept(props: { report: MediaReport }) {
  const at = () => props.report.counted_at_ms;
  const rows = (amounts: MediaReport['kept'], name: (raw: string) => string) =>
    amounts.map((each) => [name(each.name), countText(each.objects), sizeText(each.size_bytes)]);
  const head = [c('what'), c('objects'), c('size')];
  return (
    <Part
      title={c('kept')}
      note={at() === null ? c('counting') : c('countedAt', { time: formatStamp(at() ?? 0, 'T', locale()) })}
    >
      <Figures head={head} rows={rows(props.report.kept, (name) => word('kept', name))} empty={c('keptNone')} />
      <Show when={props.report.saved_bytes > 0}>
        <p class="console-lead">{c('keptSaved', { size: sizeText(props.report.saved_bytes) })}</p>
      </Show>
      <Show when={props.report.variants.length > 0}>
        <h3>{c('variantsByFormat')}</h3>
        <Figures head={head} rows={rows(props.report.variants, (name) => name)} empty="" />
      </Show>
    </Part>
  );
}

function Delivered(props: { month: Counted }) {
  const variants = () => props.month.variants;
  const found = () => FOUND.reduce((sum, name) => sum + (variants()[name] ?? 0), 0);
  const share = (name: string) =>
    (FOUND as readonly string[]).includes(name) && found() > 0 ? shareText((variants()[name] ?? 0) / found()) : DASH;
  return (
    <Part title={c('delivered')} note={c('deliveredNote')}>
      <Figures
        head={[c('variantsFound'), c('times'), c('share')]}
        rows={Object.entries(variants()).map(([name, number]) => [word('found', name), countText(number), share(name)])}
        empty=""
      />
      <Figures
        head={[c('answers'), c('times'), c('size')]}
        rows={Object.entries(props.month.deliveries).map(([name, number]) => [
          word('sent', name),
          countText(number),
          sizeText(props.month.delivered_bytes[name] ?? 0),
        ])}
        empty=""
      />
    </Part>
  );
}

function Costs(props: { costs: readonly CostLine[]; currency: string }) {
  const number = (value: number, digits: number) =>
    value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const priced = () => props.costs.some((line) => line.price > 0);
  return (
    <Part title={c('costs')} note={c(priced() ? 'costsNote' : 'costsUnpriced')}>
      <Figures
        head={[c('what'), c('amount'), ...(priced() ? [c('price'), c('cost'), c('perGb')] : [])]}
        rows={props.costs.map((line) => [
          word('cost', line.name),
          `${number(line.amount, 3)} ${word('unit', line.unit)}`,
          ...(priced()
            ? [
                line.price ? `${number(line.price, 3)} ${props.currency}`.trim() : DASH,
                line.price ? `${number(line.cost, 2)} ${props.currency}`.trim() : DASH,
                line.price && line.per_gb !== null ? `${number(line.per_gb, 3)} ${props.currency}`.trim() : DASH,
              ]
            : []),
        ])}
        empty=""
      />
    </Part>
  );
}
