import { createSignal, For, Show } from 'solid-js';
import { assetUrl } from '~/api/assets';
import { guilds } from '~/api/calls';
import type { Emoji } from '~/api/wire';
import { confirm } from '~/shell/layer';
import { canInGuild, displayName } from '~/state/select';
import { store } from '~/state/store';
import { t, tn } from '~/text';
import { Button, IconButton } from '~/ui/Button';
import { Trash, Upload } from '~/ui/icons';
import { readPicture } from '~/ui/picture';
import { emojiName } from './emojiName';
import type { GuildPageProps } from './page';

/** Pixels along the longer side of an emoji: twice the largest size at which one is shown. */
const EMOJI_SIDE = 128;
const EMOJI_BYTES = 256 * 1024;

/** The guild's own emojis: added from pictures, renamed in place, taken away. */
export function EmojisPage(props: GuildPageProps) {
  const emojis = () => store.guilds[props.guildId]?.emojis ?? [];
  const [busy, setBusy] = createSignal(0);
  const [problems, setProblems] = createSignal<readonly string[]>([]);
  let input!: HTMLInputElement;
  const add = async (files: readonly File[]) => {
    setProblems([]);
    setBusy(files.length);
    for (const file of files) {
      try {
        const image = await readPicture(file, { side: EMOJI_SIDE, square: false, movingBytes: EMOJI_BYTES });
        await guilds.createEmoji(props.guildId, emojiName(file.name), image);
      } catch (error) {
        const sentence = error instanceof Error && error.name === 'ApiError' ? error.message : t('picture.unreadable');
        setProblems((list) => [...list, `${file.name}: ${sentence}`]);
      }
      setBusy((left) => left - 1);
    }
  };
  return (
    <section
      class="settings-page"
      aria-label={t('emojis.title')}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void add([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <div class="settings-bar">
        <p class="settings-lead settings-grow">{t('emojis.lead')}</p>
        <Show when={canInGuild(props.guildId, 'CREATE_GUILD_EXPRESSIONS')}>
          <Button kind="primary" icon={Upload} busy={busy() > 0} onClick={() => input.click()}>
            {busy() > 0 ? tn('emojis.adding', busy()) : t('emojis.add')}
          </Button>
        </Show>
        <input
          ref={input}
          class="file-hidden"
          type="file"
          multiple
          accept="image/png,image/jpeg,image/gif,image/webp"
          tabindex="-1"
          aria-label={t('emojis.add')}
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])];
            event.currentTarget.value = '';
            void add(files);
          }}
        />
      </div>
      <Show when={problems().length > 0}>
        <ul class="form-problem" role="alert">
          <For each={problems()}>{(sentence) => <li>{sentence}</li>}</For>
        </ul>
      </Show>
      <ul class="settings-list" aria-label={t('emojis.title')}>
        <For each={emojis()} fallback={<li class="settings-empty">{t('emojis.none')}</li>}>
          {(emoji) => <EmojiRow guildId={props.guildId} emoji={emoji} />}
        </For>
      </ul>
    </section>
  );
}

function EmojiRow(props: { guildId: string; emoji: Emoji }) {
  const [problem, setProblem] = createSignal<string | null>(null);
  const mine = () => props.emoji.user?.id === store.me?.id && canInGuild(props.guildId, 'CREATE_GUILD_EXPRESSIONS');
  const may = () => mine() || canInGuild(props.guildId, 'MANAGE_GUILD_EXPRESSIONS');
  const rename = async (field: HTMLInputElement) => {
    const name = field.value.trim();
    if (name === props.emoji.name) return setProblem(null);
    try {
      await guilds.renameEmoji(props.guildId, props.emoji.id, name);
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const remove = () =>
    confirm(t('emojis.removeTitle', { name: props.emoji.name }), t('emojis.removeText'), t('action.delete'), () =>
      guilds.removeEmoji(props.guildId, props.emoji.id),
    );
  return (
    <li class="settings-row">
      <img
        class="emoji-picture"
        src={assetUrl.emoji(props.emoji.id, props.emoji.animated ?? false)}
        alt=""
        width="36"
        height="36"
        loading="lazy"
      />
      <div class="settings-row-text">
        <Show when={may()} fallback={<p class="settings-row-title">:{props.emoji.name}:</p>}>
          <input
            class="field-input emoji-name"
            aria-label={t('emojis.name')}
            aria-invalid={problem() !== null}
            value={props.emoji.name}
            maxLength={32}
            onBlur={(event) => void rename(event.currentTarget)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur();
              if (event.key !== 'Escape') return;
              event.preventDefault();
              event.currentTarget.value = props.emoji.name;
              event.currentTarget.blur();
            }}
          />
        </Show>
        <Show when={problem()}>
          <p class="field-problem" role="alert">
            {problem()}
          </p>
        </Show>
      </div>
      <Show when={props.emoji.user}>
        {(user) => <span class="emoji-by field-hint">{displayName(user(), props.guildId)}</span>}
      </Show>
      <Show when={may()}>
        <IconButton
          icon={Trash}
          size={18}
          tone="danger"
          label={t('emojis.removeOf', { name: props.emoji.name })}
          onClick={remove}
        />
      </Show>
    </li>
  );
}
