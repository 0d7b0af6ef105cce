import { For, Show } from 'solid-js';
import { isOwnOrigin, ownPath } from '~/api/assets';
import type { Embed, EmbedMedia } from '~/api/wire';
import { Markdown } from '~/markdown/Markdown';
import { safeLink } from '~/markdown/parse';
import { openLayer } from '~/shell/layer';
import { hexColor } from '~/state/select';
import { locale, t } from '~/text';
import { formatStamp } from '~/text/time';
import { ExternalLink } from '~/ui/icons';

/** Rich content of a message. Pictures from other servers are linked, never loaded. */
export function Embeds(props: { embeds: Embed[]; guildId: string | undefined }) {
  return (
    <For each={props.embeds}>
      {(embed) =>
        embed.type === 'image' && mediaUrl(embed.thumbnail) ? (
          <Media media={embed.thumbnail} />
        ) : (
          <EmbedCard embed={embed} guildId={props.guildId} />
        )
      }
    </For>
  );
}

const mediaUrl = (media: EmbedMedia | undefined): string | null => {
  const url = media?.proxy_url ?? media?.url;
  if (!url) return null;
  const path = ownPath(url);
  return path.startsWith('/cdn/') || isOwnOrigin(path) ? path : null;
};

function EmbedCard(props: { embed: Embed; guildId: string | undefined }) {
  const embed = () => props.embed;
  const link = () => safeLink(embed().url ?? '');
  return (
    <article class="embed">
      <span class="embed-edge" style={{ background: embed().color ? hexColor(embed().color ?? 0) : undefined }} />
      <div class="embed-text">
        <Show when={embed().provider?.name}>
          <p class="embed-provider">{embed().provider?.name}</p>
        </Show>
        <Show when={embed().author}>
          {(author) => (
            <p class="embed-author">
              <Show when={safeLink(author().url ?? '')} fallback={author().name}>
                {(href) => (
                  <a href={href()} target="_blank" rel="noreferrer noopener nofollow">
                    {author().name}
                  </a>
                )}
              </Show>
            </p>
          )}
        </Show>
        <Show when={embed().title}>
          {(title) => (
            <h4 class="embed-title">
              <Show when={link()} fallback={title()}>
                {(href) => (
                  <a href={href()} target="_blank" rel="noreferrer noopener nofollow">
                    {title()}
                  </a>
                )}
              </Show>
            </h4>
          )}
        </Show>
        <Show when={embed().description}>
          {(text) => (
            // A page's own words, in every other type, are not written in our markup and mention nobody.
            <Show when={(embed().type ?? 'rich') === 'rich'} fallback={<p>{text()}</p>}>
              <Markdown text={text()} guildId={props.guildId} />
            </Show>
          )}
        </Show>
        <Show when={(embed().fields?.length ?? 0) > 0}>
          <dl class="embed-fields">
            <For each={embed().fields}>
              {(field) => (
                <div classList={{ 'embed-inline': field.inline }}>
                  <dt>{field.name}</dt>
                  <dd>
                    <Markdown text={field.value} guildId={props.guildId} />
                  </dd>
                </div>
              )}
            </For>
          </dl>
        </Show>
        <Media media={embed().image} />
        <Show when={embed().footer ?? embed().timestamp}>
          <p class="embed-foot">
            {embed().footer?.text}
            <Show when={embed().timestamp}>
              {(time) => <time dateTime={time()}>{formatStamp(Date.parse(time()), 'f', locale())}</time>}
            </Show>
          </p>
        </Show>
      </div>
      <Show when={mediaUrl(embed().thumbnail)}>
        {(url) => <img class="embed-thumbnail" src={url()} alt="" loading="lazy" />}
      </Show>
    </article>
  );
}

function Media(props: { media: EmbedMedia | undefined }) {
  const media = () => props.media;
  const size = () => ({ width: media()?.width ?? 400, height: media()?.height ?? 300 });
  return (
    <Show
      when={mediaUrl(media())}
      fallback={
        <Show when={safeLink(media()?.url ?? '')}>
          {(href) => (
            <a class="embed-elsewhere" href={href()} target="_blank" rel="noreferrer noopener nofollow">
              <ExternalLink size={14} aria-hidden="true" />
              {t('embed.elsewhere', { host: new URL(href()).host })}
            </a>
          )}
        </Show>
      }
    >
      {(url) => (
        <button
          type="button"
          class="picture embed-image"
          style={{ width: `${Math.min(400, size().width)}px`, 'aspect-ratio': `${size().width} / ${size().height}` }}
          aria-label={t('picture.open', { name: '' })}
          onClick={() =>
            openLayer({
              name: 'picture',
              index: 0,
              pictures: [{ url: url(), name: '', width: media()?.width ?? null, height: media()?.height ?? null }],
            })
          }
        >
          <img src={url()} alt="" loading="lazy" />
        </button>
      )}
    </Show>
  );
}
