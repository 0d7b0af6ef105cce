import { createVirtualizer } from '@tanstack/solid-virtual';
import { createEffect, createMemo, createSignal, For, on, onMount, Show } from 'solid-js';
import type { PartialEmoji } from '~/api/wire';
import { CustomEmoji } from '~/markdown/Markdown';
import { canIn } from '~/state/select';
import { saveSettings } from '~/state/settings';
import { store } from '~/state/store';
import { type TextKey, t } from '~/text';
import { emojis, GROUPS, loadEmojis, searchEmojis, toned, type UnicodeEmoji } from './catalogue';
import { noteEmoji, recentEmojis } from './recent';

const COLUMNS = 9;
const CELL_PX = 38;
const TITLE_PX = 30;
const TONES = ['✋', '✋🏻', '✋🏼', '✋🏽', '✋🏾', '✋🏿'];

/** A cell: a custom emoji or a glyph, and what to call it. */
interface Cell {
  emoji: PartialEmoji;
  label: string;
}
type Line = { title: string } | { cells: Cell[] };

interface PickerProps {
  channelId: string;
  onPick: (emoji: PartialEmoji, more: boolean) => void;
}

/** Search and choose an emoji: recent ones, those of the person's guilds, those of Unicode. */
export function Picker(props: PickerProps) {
  let scroller!: HTMLDivElement;
  let input!: HTMLInputElement;
  const [query, setQuery] = createSignal('');
  const [active, setActive] = createSignal(0);
  const [failed, setFailed] = createSignal(false);
  const load = () => {
    setFailed(false);
    loadEmojis().catch(() => setFailed(true));
  };
  onMount(() => {
    load();
    queueMicrotask(() => input.focus());
  });
  const tone = () => store.settings.emojiTone;

  const customOf = (guildId: string): Cell[] =>
    (store.guilds[guildId]?.emojis ?? [])
      .filter((emoji) => emoji.available !== false)
      .map((emoji) => ({
        emoji: { id: emoji.id, name: emoji.name, animated: emoji.animated ?? false },
        label: `:${emoji.name}:`,
      }));
  const guildOrder = createMemo(() => {
    const here = store.channels[props.channelId]?.guild_id;
    const others =
      !here || canIn(props.channelId, 'USE_EXTERNAL_EMOJIS') ? store.guildOrder.filter((id) => id !== here) : [];
    return here ? [here, ...others] : others;
  });
  const unicode = (one: UnicodeEmoji): Cell => ({ emoji: { id: null, name: toned(one, tone()) }, label: one.label });

  const sections = createMemo((): { title: string; cells: Cell[] }[] => {
    const wanted = query().trim().toLowerCase();
    if (wanted !== '') {
      const custom = guildOrder()
        .flatMap(customOf)
        .filter((cell) => cell.label.toLowerCase().includes(wanted));
      return [{ title: t('emoji.results'), cells: [...custom, ...searchEmojis(wanted, 120).map(unicode)] }];
    }
    const groups = GROUPS.map((group) => ({
      title: t(`emoji.group.${group}` as TextKey),
      cells: (emojis() ?? []).filter((one) => one.group === group).map(unicode),
    }));
    const recent = recentEmojis().map((glyph) => ({ emoji: { id: null, name: glyph }, label: glyph }));
    const custom = guildOrder().map((id) => ({ title: store.guilds[id]?.name ?? '', cells: customOf(id) }));
    return [{ title: t('emoji.recent'), cells: recent }, ...custom, ...groups].filter((one) => one.cells.length > 0);
  });
  const lines = createMemo((): Line[] =>
    sections().flatMap((section) => {
      const rows: Line[] = [{ title: section.title }];
      for (let at = 0; at < section.cells.length; at += COLUMNS)
        rows.push({ cells: section.cells.slice(at, at + COLUMNS) });
      return rows;
    }),
  );
  const flat = createMemo(() => sections().flatMap((section) => section.cells));
  const place = createMemo(() => {
    let count = 0;
    return lines().map((line) => {
      const first = count;
      if ('cells' in line) count += line.cells.length;
      return first;
    });
  });
  const virtual = createVirtualizer({
    get count() {
      return lines().length;
    },
    getScrollElement: () => scroller,
    estimateSize: (index) => ('title' in (lines()[index] ?? { title: '' }) ? TITLE_PX : CELL_PX),
    getItemKey: (index) => `${query()}/${index}`,
    overscan: 4,
  });
  createEffect(
    on(
      query,
      () => {
        setActive(0);
        virtual.scrollToOffset(0);
      },
      { defer: true },
    ),
  );

  const pick = (cell: Cell | undefined, more: boolean) => {
    if (!cell) return;
    if (!cell.emoji.id && cell.emoji.name) noteEmoji(cell.emoji.name);
    props.onPick(cell.emoji, more);
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (by !== undefined && (query() === '' || Math.abs(by) > 1 || input.selectionStart === query().length)) {
      event.preventDefault();
      const next = Math.max(0, Math.min(flat().length - 1, active() + by));
      setActive(next);
      const line = place().findLastIndex((first, index) => first <= next && 'cells' in (lines()[index] ?? {}));
      virtual.scrollToIndex(line, { align: 'auto' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      pick(flat()[active()], event.shiftKey);
    }
  };
  return (
    <div class="picker">
      <div class="picker-top">
        <input
          ref={input}
          class="field-input"
          type="search"
          placeholder={t('emoji.search')}
          aria-label={t('emoji.search')}
          aria-controls="picker-grid"
          aria-activedescendant={`emoji-${active()}`}
          value={query()}
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={onKey}
        />
        <select
          class="picker-tone"
          aria-label={t('emoji.tone')}
          onChange={(event) =>
            void saveSettings({ emojiTone: event.currentTarget.selectedIndex }).catch(() => undefined)
          }
        >
          <For each={TONES}>{(glyph, index) => <option selected={index() === tone()}>{glyph}</option>}</For>
        </select>
      </div>
      <div
        class="picker-scroll"
        id="picker-grid"
        ref={scroller}
        role="listbox"
        aria-label={t('emoji.open')}
        aria-activedescendant={`emoji-${active()}`}
        tabIndex={0}
        onKeyDown={onKey}
      >
        <Show when={failed()}>
          <p class="picker-note" role="alert">
            {t('emoji.failed')}{' '}
            <button type="button" class="text-link" onClick={load}>
              {t('action.retry')}
            </button>
          </p>
        </Show>
        <Show when={flat().length === 0 && !failed()}>
          <p class="picker-note">{emojis() ? t('emoji.none') : t('emoji.loading')}</p>
        </Show>
        <div class="picker-all" style={{ height: `${virtual.getTotalSize()}px` }}>
          <For each={virtual.getVirtualItems()}>
            {(item) => (
              <div class="picker-line" style={{ transform: `translateY(${item.start}px)` }}>
                <PickerLine
                  line={lines()[item.index]}
                  first={place()[item.index] ?? 0}
                  active={active()}
                  onActive={setActive}
                  onPick={pick}
                />
              </div>
            )}
          </For>
        </div>
      </div>
      <p class="picker-foot" aria-live="polite">
        {flat()[active()]?.label}
      </p>
    </div>
  );
}

interface PickerLineProps {
  line: Line | undefined;
  first: number;
  active: number;
  onActive: (index: number) => void;
  onPick: (cell: Cell, more: boolean) => void;
}

function PickerLine(props: PickerLineProps) {
  const title = () => (props.line && 'title' in props.line ? props.line.title : null);
  const cells = () => (props.line && 'cells' in props.line ? props.line.cells : []);
  return (
    <Show
      when={title() === null}
      fallback={
        <div role="presentation" class="picker-title">
          {title()}
        </div>
      }
    >
      <For each={cells()}>
        {(cell, index) => (
          <button
            type="button"
            id={`emoji-${props.first + index()}`}
            class="picker-cell"
            role="option"
            tabindex="-1"
            aria-label={cell.label}
            aria-selected={props.active === props.first + index()}
            onMouseMove={() => props.onActive(props.first + index())}
            onClick={(event) => props.onPick(cell, event.shiftKey)}
          >
            <Show when={cell.emoji.id} fallback={<span class="glyph">{cell.emoji.name}</span>}>
              {(id) => <CustomEmoji id={id()} name={cell.emoji.name ?? ''} animated={cell.emoji.animated} />}
            </Show>
          </button>
        )}
      </For>
    </Show>
  );
}
