import { For } from 'solid-js';
import './skeleton.css';

/** Grey shapes of messages to come. */
export function MessageSkeleton(props: { count?: number }) {
  return (
    <div class="skeletons" aria-hidden="true">
      <For each={Array.from({ length: props.count ?? 8 }, (_, index) => index)}>
        {(index) => (
          <div class="skeleton-message">
            <span class="skeleton skeleton-avatar" />
            <div>
              <span class={`skeleton skeleton-line skeleton-name w${index % 3}`} />
              <span class={`skeleton skeleton-line w${(index * 2 + 3) % 5}`} />
              {index % 3 === 1 && <span class="skeleton skeleton-line w2" />}
            </div>
          </div>
        )}
      </For>
    </div>
  );
}

/** Grey shapes of list rows to come. */
export function RowSkeleton(props: { count?: number }) {
  return (
    <div class="skeletons" aria-hidden="true">
      <For each={Array.from({ length: props.count ?? 6 }, (_, index) => index)}>
        {(index) => <span class={`skeleton skeleton-row w${index % 5}`} />}
      </For>
    </div>
  );
}
