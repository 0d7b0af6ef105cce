import { Show } from 'solid-js';
import { displayName } from '~/state/select';
import { store } from '~/state/store';
import { typists } from '~/state/typing';
import { t, tn } from '~/text';

/** Who writes at this moment. */
export function TypingLine(props: { channelId: string }) {
  const guildId = () => store.channels[props.channelId]?.guild_id;
  const names = () => typists(props.channelId).map((id) => displayName(store.users[id], guildId()));
  const sentence = () => {
    const [first = '', second = ''] = names();
    if (names().length === 1) return t('typing.one', { name: first });
    if (names().length === 2) return t('typing.two', { first, second });
    return tn('typing.many', names().length);
  };
  return (
    <div class="typing" aria-live="off">
      <Show when={names().length > 0}>
        <span class="typing-dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        {sentence()}
      </Show>
    </div>
  );
}
