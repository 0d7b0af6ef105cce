import { For } from 'solid-js';
import { messages } from '~/api/calls';
import type { Reaction } from '~/api/wire';
import { CustomEmoji } from '~/markdown/Markdown';
import { EmojiButton } from '~/emoji/EmojiButton';
import { canIn } from '~/state/select';
import type { MessageEntry } from '~/state/store';
import { t, tn } from '~/text';
import { SmilePlus } from '~/ui/icons';
import { react, toggleReaction } from './react';

const asked = new Map<string, Promise<string>>();

/** The reactions under a message: a press adds or takes back one's own. */
export function Reactions(props: { entry: MessageEntry }) {
  const mayAdd = () => canIn(props.entry.channel_id, 'ADD_REACTIONS');
  const who = async (reaction: Reaction, button: HTMLElement) => {
    const key = `${props.entry.id}/${reaction.emoji.id ?? reaction.emoji.name}/${reaction.count}`;
    let names = asked.get(key);
    if (!names) {
      names = messages
        .reactors(props.entry.channel_id, props.entry.id, reaction.emoji)
        .then((users) =>
          users
            .slice(0, 12)
            .map((user) => user.global_name || user.username)
            .join(', '),
        )
        .catch(() => '');
      if (asked.size > 200) asked.clear();
      asked.set(key, names);
    }
    button.title = await names;
  };
  return (
    <div class="reactions">
      <For each={props.entry.reactions ?? []}>
        {(reaction) => (
          <button
            type="button"
            class="reaction"
            aria-pressed={reaction.me}
            aria-label={tn('reaction.spoken', reaction.count, { emoji: reaction.emoji.name ?? '' })}
            disabled={!reaction.me && !mayAdd()}
            onMouseEnter={(event) => void who(reaction, event.currentTarget)}
            onClick={() => void toggleReaction(props.entry, reaction.emoji, reaction.me)}
          >
            <EmojiGlyph emoji={reaction.emoji} />
            <span>{reaction.count}</span>
          </button>
        )}
      </For>
      {mayAdd() && (
        <EmojiButton
          class="reaction reaction-add"
          icon={SmilePlus}
          label={t('reaction.add')}
          channelId={props.entry.channel_id}
          onPick={(emoji) => void react(props.entry, emoji)}
        />
      )}
    </div>
  );
}

export function EmojiGlyph(props: { emoji: Reaction['emoji'] }) {
  return (
    <>
      {props.emoji.id ? (
        <CustomEmoji id={props.emoji.id} name={props.emoji.name ?? ''} animated={props.emoji.animated} />
      ) : (
        <span class="glyph">{props.emoji.name}</span>
      )}
    </>
  );
}
