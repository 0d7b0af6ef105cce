import { createEffect, For, type JSX, Show } from 'solid-js';
import { CustomEmoji } from '~/markdown/Markdown';
import { hexColor } from '~/state/select';
import { store } from '~/state/store';
import { t } from '~/text';
import { Avatar } from '~/ui/Avatar';
import { AtSign, Hash, Slash } from '~/ui/icons';
import type { Completion, Suggestion } from './completion';

/** What the letters before the caret may become. */
export function CompletionList(props: { completion: Completion }) {
  const { completion } = props;
  createEffect(() => {
    document.getElementById(completion.activeId() ?? '')?.scrollIntoView({ block: 'nearest' });
  });
  return (
    <Show when={completion.open()}>
      <div class="completions" id="completions" role="listbox" aria-label={t('completion.label')}>
        <For each={completion.list()}>
          {(suggestion, index) => (
            <div
              id={`completion-${index()}`}
              class="completion"
              role="option"
              tabindex="-1"
              aria-selected={completion.active() === index()}
              onMouseMove={() => completion.setActive(index())}
              onMouseDown={(event) => {
                event.preventDefault();
                completion.choose(suggestion);
              }}
            >
              <Glyph suggestion={suggestion} />
              <span class="completion-label">{suggestion.label}</span>
              <span class="completion-hint">{hint(suggestion)}</span>
            </div>
          )}
        </For>
      </div>
    </Show>
  );
}

function hint(suggestion: Suggestion): string {
  switch (suggestion.kind) {
    case 'user':
      return suggestion.user.username;
    case 'everyone':
      return suggestion.label === 'everyone' ? t('completion.everyone') : t('completion.here');
    case 'role':
      return t('completion.role');
    case 'command':
      return suggestion.command.description;
    default:
      return '';
  }
}

function Glyph(props: { suggestion: Suggestion }): JSX.Element {
  const { suggestion } = props;
  switch (suggestion.kind) {
    case 'user':
      return <Avatar user={suggestion.user} size={24} status={store.presences[suggestion.user.id] ?? 'offline'} />;
    case 'role':
      return (
        <span class="role-dot" style={{ background: suggestion.color ? hexColor(suggestion.color) : undefined }} />
      );
    case 'channel':
      return <Hash size={18} aria-hidden="true" />;
    case 'emoji':
      return <span class="glyph">{suggestion.glyph}</span>;
    case 'custom':
      return <CustomEmoji id={suggestion.id} name={suggestion.label} animated={suggestion.animated} />;
    case 'command':
      return <Slash size={18} aria-hidden="true" />;
    default:
      return <AtSign size={18} aria-hidden="true" />;
  }
}
