import { createSignal, For, Show } from 'solid-js';
import { toast } from '~/state/toast';
import { locale } from '~/text';
import { formatStamp } from '~/text/time';
import { Button } from '~/ui/Button';
import { countText, DASH } from './figure';
import { review as api } from './reviewApi';
import type { AddedMatches, Matches } from './reviewWire';
import { c } from './text';

/** The list of pictures that are not wanted: looked through, added to from what is pasted, and taken from. */
export function MatchList(props: { onChange: () => void }) {
  const [found, setFound] = createSignal<Matches | null>(null);
  const [query, setQuery] = createSignal('');
  const [added, setAdded] = createSignal<AddedMatches | null>(null);
  const [busy, setBusy] = createSignal(false);
  const load = async () => {
    const asked = query();
    try {
      const matches = await api.matches(asked);
      if (asked === query()) setFound(matches);
    } catch (error) {
      toast.error(error);
    }
  };
  void load();
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const told = new FormData(form);
    const text = (name: string) => String(told.get(name) ?? '');
    setBusy(true);
    try {
      setAdded(await api.add(text('hashes'), text('label'), text('action')));
      if (added()?.bad.length === 0) form.reset();
      await load();
      props.onChange();
    } catch (error) {
      toast.error(error);
    } finally {
      setBusy(false);
    }
  };
  const drop = async (hash: string) => {
    try {
      await api.drop(hash);
      await load();
      props.onChange();
    } catch (error) {
      toast.error(error);
    }
  };
  return (
    <section class="console-part" aria-label={c('matches')}>
      <h2>{c('matches')}</h2>
      <p class="console-lead">{c('matchesLead', { count: countText(found()?.count ?? 0) })}</p>
      <form class="review-form" onSubmit={(event) => void add(event)}>
        <label class="review-wide">
          {c('matchHashes')}
          <textarea
            class="field-input field-area"
            name="hashes"
            rows="3"
            required
            spellcheck={false}
            placeholder={c('matchHint')}
          />
        </label>
        <label>
          {c('matchLabel')}
          <input class="field-input" name="label" maxlength="200" autocomplete="off" />
        </label>
        <label>
          {c('matchActionName')}
          <select class="field-input" name="action">
            <option value="block">{c('matchAction.block')}</option>
            <option value="review">{c('matchAction.review')}</option>
          </select>
        </label>
        <Button type="submit" kind="primary" busy={busy()}>
          {c('matchAdd')}
        </Button>
      </form>
      <Show when={added()}>
        {(result) => (
          <div role="status">
            <p>{c('matchAdded', { count: countText(result().added) })}</p>
            <For each={result().bad.slice(0, 20)}>
              {(line) => <p class="review-bad">{c('matchBad', { number: line.number, reason: line.reason })}</p>}
            </For>
          </div>
        )}
      </Show>
      <label class="review-search">
        {c('matchSearch')}
        <input
          class="field-input"
          type="search"
          value={query()}
          onInput={(event) => {
            setQuery(event.currentTarget.value);
            void load();
          }}
        />
      </label>
      <Show
        when={(found()?.entries.length ?? 0) > 0}
        fallback={<p class="console-lead">{c(query() ? 'matchNoneFound' : 'matchNone')}</p>}
      >
        <table class="console-table">
          <thead>
            <tr>
              <th scope="col">{c('matchHash')}</th>
              <th scope="col">{c('matchLabel')}</th>
              <th scope="col">{c('matchActionName')}</th>
              <th scope="col">{c('matchBy')}</th>
              <th scope="col">{c('actions')}</th>
            </tr>
          </thead>
          <tbody>
            <For each={found()?.entries}>
              {(entry) => (
                <tr>
                  <th scope="row">
                    <code title={entry.hash}>{entry.hash.slice(0, 16)}…</code>
                  </th>
                  <td data-label={c('matchLabel')}>{entry.label || DASH}</td>
                  <td data-label={c('matchActionName')}>
                    {c(entry.action === 'review' ? 'matchAction.review' : 'matchAction.block')}
                  </td>
                  <td data-label={c('matchBy')}>
                    {entry.added_by}, {formatStamp(entry.added_at_ms, 'f', locale())}
                  </td>
                  <td data-label={c('actions')}>
                    <Button
                      aria-label={c('matchRemoveOf', { name: entry.label || entry.hash.slice(0, 16) })}
                      onClick={() => void drop(entry.hash)}
                    >
                      {c('matchRemove')}
                    </Button>
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </Show>
    </section>
  );
}
