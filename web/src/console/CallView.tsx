import { A } from '@solidjs/router';
import { createMemo, createResource, createSignal, For, lazy, Show, Suspense } from 'solid-js';
import { LoadProblem } from '~/settings/LoadProblem';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import { ChevronRight } from '~/ui/icons';
import { RowSkeleton } from '~/ui/Skeleton';
import { calls as api } from './api';
import { every } from './every';
import { clockText, mosClass, mosText, msText, shareText } from './figure';
import { createNow } from './now';
import { causeSentence, causeShort, felt, refusedText, verdictSentence } from './sentence';
import { c } from './text';
import type { CallDetail, Opinion, Stay } from './wire';

// The plots are as large as the rest of the console together.
const PersonTimeline = lazy(async () => ({ default: (await import('./PersonTimeline')).PersonTimeline }));

const REFRESH_S = 5;

/** One call: why it was bad, who was in it, and the timeline of one of them. */
export function CallView(props: { id: string }) {
  const [call, { refetch }] = createResource(() => props.id, api.get);
  const detail = () => (call.error ? undefined : call.latest);
  every(REFRESH_S, () => {
    if (detail()?.call.ended_at_ms === null) void refetch();
  });
  return (
    <div class="console-page">
      <A class="console-up" href="/console/calls">
        {c('allCalls')}
      </A>
      <Show when={!call.error} fallback={<LoadProblem error={call.error} onRetry={() => void refetch()} />}>
        <Show when={detail()} fallback={<RowSkeleton count={8} />}>
          {(there) => <CallBody detail={there()} />}
        </Show>
      </Show>
    </div>
  );
}

function CallBody(props: { detail: CallDetail }) {
  const now = createNow();
  const call = () => props.detail.call;
  const [chosen, setChosen] = createSignal<string | null>(null);
  // Who is looked at first is whom the likely cause is about.
  const shown = createMemo(() => {
    const { people, verdict } = props.detail;
    const wanted = [chosen(), verdict.causes[0]?.person, people[0]?.id];
    return wanted.map((id) => people.find((person) => person.id === id)).find((person) => person !== undefined);
  });
  const others = () => props.detail.verdict.causes.slice(1);
  return (
    <>
      <header class="console-head">
        <h1>{call().title}</h1>
        <p class="console-facts">
          <Show when={call().guild_name}>
            <span>{call().guild_name}</span>
          </Show>
          <span>{formatStamp(call().began_at_ms, 'f', locale())}</span>
          <Show
            when={call().ended_at_ms === null}
            fallback={<span>{clockText((call().ended_at_ms ?? 0) - call().began_at_ms)}</span>}
          >
            <span class="console-live">{c('liveSince', { time: clockText(now() - call().began_at_ms) })}</span>
          </Show>
          <span>
            {c('people')}: {call().people_peak}
          </span>
          <span>
            {c('worst')}: <span class={`mos mos-${mosClass(call().worst_mos)}`}>{mosText(call().worst_mos)}</span>
          </span>
        </p>
      </header>
      <section class={`console-verdict console-verdict-${props.detail.verdict.code}`} aria-label={c('likely')}>
        <p class="console-verdict-title">{c('likely')}</p>
        <p class="console-verdict-sentence">{verdictSentence(props.detail.verdict)}</p>
        <Show when={others().length > 0}>
          <p class="console-verdict-title">{c('alsoWrong')}</p>
          <ul class="console-also">
            <For each={others()}>{(cause) => <li>{causeSentence(cause)}</li>}</For>
          </ul>
        </Show>
      </section>
      <section class="console-part" aria-labelledby="console-people">
        <h2 id="console-people">{c('peopleIn')}</h2>
        <Show when={props.detail.people.length > 0} fallback={<p class="console-lead">{c('noPeople')}</p>}>
          <ul class="console-people">
            <For each={props.detail.people}>
              {(person) => (
                <li>
                  <PersonCard
                    person={person}
                    now={now()}
                    chosen={person.id === shown()?.id}
                    onChoose={() => setChosen(person.id)}
                  />
                </li>
              )}
            </For>
          </ul>
        </Show>
      </section>
      <Show when={shown()?.id} keyed>
        {(id) => (
          <section class="console-part" aria-label={c('timelineOf', { name: shown()?.name ?? '' })}>
            <h2>{c('timelineOf', { name: shown()?.name ?? '' })}</h2>
            <Suspense fallback={<RowSkeleton count={6} />}>
              <PersonTimeline
                call={call().id}
                stay={id}
                tracks={shown()?.tracks ?? []}
                live={call().ended_at_ms === null && shown()?.ended_at_ms === null}
              />
            </Suspense>
          </section>
        )}
      </Show>
    </>
  );
}

interface PersonCardProps {
  person: Stay;
  now: number;
  chosen: boolean;
  onChoose: () => void;
}

function PersonCard(props: PersonCardProps) {
  const facts = () =>
    [
      clockText((props.person.ended_at_ms ?? props.now) - props.person.began_at_ms),
      props.person.connected_at_ms === null ? c('neverConnected') : props.person.protocol.toUpperCase(),
      props.person.rtt_ms === null ? '' : `${c('roundTrip')} ${msText(props.person.rtt_ms)}`,
      props.person.reconnects > 0 ? c('reconnected', { count: props.person.reconnects }) : '',
      refusedText(props.person.refused),
    ].filter(Boolean);
  return (
    <button type="button" class="person-card" aria-pressed={props.chosen} onClick={() => props.onChoose()}>
      <span class="person-name">
        {props.person.name}
        <ChevronRight size={16} aria-hidden="true" />
      </span>
      <span class="person-cause">{causeShort(props.person.verdict.code)}</span>
      <span class="person-sides">
        <SideFigures label={c('sends')} opinion={props.person.sends} />
        <SideFigures label={c('hears')} opinion={props.person.hears} />
      </span>
      <span class="person-facts">{facts().join(' · ')}</span>
      <Show when={props.person.client || props.person.remote}>
        <span class="person-facts">{[props.person.client, props.person.remote].filter(Boolean).join(' · ')}</span>
      </Show>
    </button>
  );
}

function SideFigures(props: { label: string; opinion: Opinion }) {
  return (
    <span class="person-side">
      <span class="person-side-label">{props.label}</span>
      <Mos value={props.opinion.mean} />
      <span class="person-loss">{c('lossOf', { loss: shareText(props.opinion.loss) })}</span>
      <Show when={felt(props.opinion)}>{(text) => <span class="person-loss">{text()}</span>}</Show>
    </span>
  );
}

function Mos(props: { value: number | null }) {
  return <span class={`mos mos-${mosClass(props.value)}`}>{c('mosOf', { mos: mosText(props.value) })}</span>;
}
