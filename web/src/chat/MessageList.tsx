import { createVirtualizer, elementScroll } from '@tanstack/solid-virtual';
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js';
import { unwrap } from 'solid-js/store';
import { compareIds } from '~/api/snowflake';
import { markRead } from '~/state/read';
import { canIn, isUnread, mentionCount } from '~/state/select';
import { onForget, store } from '~/state/store';
import { keyOf, loadNewer, loadOlder, openChannel, openNewest } from '~/state/timeline';
import { t } from '~/text';
import { Button } from '~/ui/Button';
import { ArrowDown } from '~/ui/icons';
import { MessageSkeleton } from '~/ui/Skeleton';
import type { Chat } from './chat';
import { ChannelStart } from './ChannelStart';
import { Row } from './Row';

/** Nearer to an edge than this, more is fetched or the end counts as reached. */
const FETCH_PX = 900;
const END_PX = 48;
const MARK_MS = 1_800;
/** Room above the oldest loaded message where grey shapes stand until older ones come. */
const WAITING_PX = 240;

/** Where each channel stands when not at its end, to come back to: the topmost message, and how much of it is hidden. */
const places = new Map<string, { key: string; hidden: number }>();
onForget(() => places.clear());

/** The messages of a channel, of which only those near the view exist in the page. */
export function MessageList(props: { chat: Chat }) {
  const { chat } = props;
  const { channelId } = chat;
  let scroller!: HTMLDivElement;
  let all: HTMLDivElement | undefined;
  // Plain, because the list reads it ten thousand times at every change; the array itself is never changed in place.
  const keys = createMemo(() => unwrap(chat.line().keys));
  const [atEnd, setAtEnd] = createSignal(!places.has(channelId));
  const [startHeight, setStartHeight] = createSignal(0);
  const [marked, setMarked] = createSignal<string | null>(null);
  const mayRead = () => canIn(channelId, 'READ_MESSAGE_HISTORY') || keys().length > 0;

  // Every change of the list asks for every row's height again.
  const guesses = new Map<string, number>();
  const guess = (key: string | undefined): number => {
    if (key === undefined) return estimate(key);
    let height = guesses.get(key);
    if (height === undefined) guesses.set(key, (height = estimate(key)));
    return height;
  };

  const virtual = createVirtualizer<HTMLDivElement, HTMLElement>({
    get count() {
      return keys().length;
    },
    getScrollElement: () => scroller,
    scrollToFn: (to, options, list) => {
      // The list scrolls before what was loaded above has its room in the page; the browser would cut the way short.
      if (all) all.style.height = `${list.getTotalSize()}px`;
      elementScroll(to, options, list);
    },
    getItemKey: (index) => keys()[index] ?? index,
    estimateSize: (index) => guess(keys()[index]),
    overscan: 8,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
    get paddingStart() {
      return chat.line().hasOlder ? WAITING_PX : startHeight();
    },
    paddingEnd: 12,
  });

  // Whatever changes its height above the view moves the view along, also while the reader scrolls up: the oldest
  // loaded message loses its name line when older ones join it. One that reaches into the view grows at its end.
  const resized = new Set<unknown>();
  virtual.shouldAdjustScrollPositionOnItemSizeChange = (item, _delta, list) => {
    const above = resized.has(item.key) ? item.end : item.start + 1;
    resized.add(item.key);
    return above <= (list.scrollOffset ?? 0);
  };

  const shown = createMemo(() => virtual.getVirtualItems().map((item) => item.key as string));
  const indexOf = createMemo(() => new Map(keys().map((key, index) => [key, index])));
  const offset = createMemo(() => virtual.getVirtualItems()[0]?.start ?? 0);

  const toEnd = () => {
    virtual.scrollToEnd();
    setAtEnd(true);
  };

  const onScroll = () => {
    const gap = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    setAtEnd(gap <= END_PX && !chat.line().hasNewer);
    if (scroller.scrollTop < FETCH_PX) void loadOlder(channelId);
    if (gap < FETCH_PX) void loadNewer(channelId);
    remember();
  };

  const remember = () => {
    const first = virtual.getVirtualItems().find((item) => item.end > scroller.scrollTop);
    if (atEnd() || !first) places.delete(channelId);
    else places.set(channelId, { key: first.key as string, hidden: scroller.scrollTop - first.start });
  };

  const toPlace = (index: number, hidden: number) => {
    virtual.scrollToIndex(index, { align: 'start' });
    requestAnimationFrame(() => scroller.scrollBy(0, hidden));
  };

  // The first messages: go to where the channel was left, else to the line of new ones, else to the end.
  let placed = false;
  createEffect(() => {
    if (placed || keys().length === 0 || chat.target()) return;
    placed = true;
    const place = places.get(channelId);
    const index = place ? indexOf().get(place.key) : undefined;
    requestAnimationFrame(() => {
      if (place && index !== undefined) toPlace(index, place.hidden);
      else toEnd();
    });
  });

  // A message that was asked for: marked once it is here, and kept in sight while others load above it.
  let aim: { target: object; index: number } | undefined;
  createEffect(
    on([chat.target, indexOf], ([target, indices]) => {
      const key = target && keyOf(target.id);
      const index = key === null ? undefined : indices.get(key);
      if (!target || key === null || index === undefined) return;
      const isNew = aim?.target !== target;
      if (!isNew && (marked() !== key || aim?.index === index)) return;
      aim = { target, index };
      placed = true;
      requestAnimationFrame(() => virtual.scrollToIndex(index, { align: 'center' }));
      if (!isNew) return;
      setMarked(key);
      setTimeout(() => setMarked((now) => (now === key ? null : now)), MARK_MS);
    }),
  );

  createEffect(
    on(
      chat.bottomAsked,
      () => {
        if (chat.line().hasNewer) void openNewest(channelId).then(() => requestAnimationFrame(toEnd));
        else requestAnimationFrame(toEnd);
      },
      { defer: true },
    ),
  );

  // What is at the end of a focused window is read.
  const read = () => {
    if (atEnd() && document.hasFocus() && chat.line().loaded && !chat.line().hasNewer) markRead(channelId);
  };
  createEffect(on(() => [isUnread(channelId), mentionCount(channelId), atEnd(), chat.line().loaded], read));

  onMount(() => {
    // A composer that grows takes room from the messages: who reads the end keeps reading it.
    const observer = new ResizeObserver(() => atEnd() && toEnd());
    observer.observe(scroller);
    onCleanup(() => observer.disconnect());
    const toNewest = () => chat.toBottom();
    addEventListener('focus', read);
    document.addEventListener('hubbub:to-newest', toNewest);
    onCleanup(() => {
      removeEventListener('focus', read);
      document.removeEventListener('hubbub:to-newest', toNewest);
    });
  });

  const firstUnread = createMemo(() => {
    const line = keys().find((key) => {
      const entry = store.messages[key];
      return entry && !entry.send && entry.author.id !== store.me?.id && compareIds(entry.id, chat.readBefore) > 0;
    });
    return line ?? null;
  });

  // Arrow keys walk from message to message; the one walked to holds the place of all in the order of Tab.
  const [walked, setWalked] = createSignal<string | null>(null);
  const tabStop = createMemo(() => {
    const key = walked();
    return key !== null && indexOf().has(key) ? key : keys().at(-1);
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const from = target === scroller ? undefined : target.closest<HTMLElement>('.row')?.dataset.index;
    if ((target !== scroller && target.tagName !== 'ARTICLE') || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = keys().length - 1;
    const now = from === undefined ? last + 1 : Number(from);
    const next = { ArrowUp: now - 1, ArrowDown: now + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next > last) document.getElementById('composer')?.focus();
    else walkTo(Math.max(0, next));
  };
  const walkTo = (index: number) => {
    setWalked(keys()[index] ?? null);
    virtual.scrollToIndex(index, { align: 'auto' });
    requestAnimationFrame(() => scroller.querySelector<HTMLElement>(`.row[data-index="${index}"] article`)?.focus());
  };

  const previous = (key: string): string | undefined => keys()[(indexOf().get(key) ?? 0) - 1];

  return (
    <div class="messages-place">
      <div
        class="messages"
        id="messages"
        ref={scroller}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        tabindex="-1"
        role="log"
        aria-label={t('messages.label')}
        aria-busy={chat.line().loading !== 'none'}
        aria-live="off"
      >
        <Show when={mayRead()} fallback={<p class="messages-note">{t('messages.noHistory')}</p>}>
          <Show when={chat.line().loaded || keys().length > 0} fallback={<FirstLoad chat={chat} />}>
            <div class="messages-all" ref={all} style={{ height: `${virtual.getTotalSize()}px` }}>
              <div class="messages-start">
                <Show when={!chat.line().hasOlder} fallback={<MessageSkeleton count={4} />}>
                  <div ref={(element) => onResize(element, setStartHeight)}>
                    <ChannelStart channelId={channelId} empty={keys().length === 0} />
                  </div>
                </Show>
              </div>
              <div class="messages-window" style={{ transform: `translateY(${offset()}px)` }}>
                <For each={shown()}>
                  {(key) => (
                    <Row
                      messageKey={key}
                      index={indexOf().get(key) ?? 0}
                      previousKey={previous(key)}
                      newLine={firstUnread() === key}
                      marked={marked() === key}
                      tabStop={tabStop() === key}
                      chat={chat}
                      measure={virtual.measureElement}
                    />
                  )}
                </For>
              </div>
            </div>
          </Show>
        </Show>
      </div>
      <Show when={chat.line().problem && keys().length > 0}>
        <p class="messages-problem" role="alert">
          {chat.line().problem}{' '}
          <button type="button" onClick={() => void openChannel(channelId)}>
            {t('action.retry')}
          </button>
        </p>
      </Show>
      <Show when={!atEnd() && chat.line().loaded}>
        <Button class="to-newest" icon={ArrowDown} onClick={() => chat.toBottom()}>
          {isUnread(channelId) ? t('messages.toNew') : t('messages.toNewest')}
        </Button>
      </Show>
    </div>
  );
}

/** Tell an element's height now and whenever it changes. */
function onResize(element: HTMLElement, tell: (height: number) => void): void {
  const observer = new ResizeObserver(() => tell(element.offsetHeight));
  observer.observe(element);
  onCleanup(() => observer.disconnect());
}

function FirstLoad(props: { chat: Chat }) {
  return (
    <Show when={props.chat.line().problem} fallback={<MessageSkeleton count={9} />}>
      {(problem) => (
        <div class="empty">
          <h2>{t('messages.failed')}</h2>
          <p role="alert">{problem()}</p>
          <Button kind="primary" onClick={() => void openChannel(props.chat.channelId)}>
            {t('action.retry')}
          </Button>
        </div>
      )}
    </Show>
  );
}

/** A guess of a row's height before it is measured, close enough that the scroll bar does not lie much. */
function estimate(key: string | undefined): number {
  const entry = key ? store.messages[key] : undefined;
  if (!entry) return 48;
  const lines = Math.max(1, Math.ceil(entry.content.length / 90) + (entry.content.match(/\n/g)?.length ?? 0));
  const pictures = entry.attachments.reduce((sum, file) => sum + (file.height ? Math.min(320, file.height) : 60), 0);
  return 28 + lines * 21 + pictures + entry.embeds.length * 120 + (entry.reactions?.length ? 34 : 0);
}
