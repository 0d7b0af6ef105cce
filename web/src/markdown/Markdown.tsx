import { A } from '@solidjs/router';
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js';
import { assetUrl } from '~/api/assets';
import { isDark, readableColor } from '~/state/color';
import { channelName, displayName } from '~/state/select';
import { store } from '~/state/store';
import { locale, t } from '~/text';
import { toast } from '~/state/toast';
import { Copy } from '~/ui/icons';
import { formatStamp, relativeTime } from '~/text/time';
import { openProfile } from '~/member/profile';
import type { Block, Inline } from './nodes';
import { isJumbo, parse } from './parse';
import './markdown.css';

interface MarkdownProps {
  text: string;
  guildId?: string | undefined;
  /** Whether emoji-only texts are shown large, and @everyone is a mention. */
  message?: boolean;
  after?: JSX.Element;
}

/** A message's text as our own nodes. */
export function Markdown(props: MarkdownProps) {
  const nodes = createMemo(() => parse(props.text));
  return (
    <div class="markdown" classList={{ jumbo: props.message && isJumbo(props.text) }}>
      <For each={nodes()}>{(node) => <BlockNode node={node} guildId={props.guildId} />}</For>
      {props.after}
    </div>
  );
}

function BlockNode(props: { node: Block; guildId: string | undefined }): JSX.Element {
  const { node } = props;
  switch (node.kind) {
    case 'paragraph':
      return (
        <p>
          <Inlines nodes={node.children} guildId={props.guildId} />
        </p>
      );
    case 'small':
      return (
        <p class="markdown-small">
          <Inlines nodes={node.children} guildId={props.guildId} />
        </p>
      );
    case 'heading':
      return (
        <p class={`markdown-heading markdown-h${node.level}`} role="heading" aria-level={node.level + 3}>
          <Inlines nodes={node.children} guildId={props.guildId} />
        </p>
      );
    case 'quote':
      return (
        <blockquote>
          <For each={node.children}>{(child) => <BlockNode node={child} guildId={props.guildId} />}</For>
        </blockquote>
      );
    case 'codeblock':
      return <CodeBlock text={node.text} language={node.language} />;
    case 'list': {
      const items = () => (
        <For each={node.items}>
          {(item) => (
            <li>
              <For each={item}>{(child) => <BlockNode node={child} guildId={props.guildId} />}</For>
            </li>
          )}
        </For>
      );
      return node.ordered ? <ol start={node.start}>{items()}</ol> : <ul>{items()}</ul>;
    }
  }
}

function CodeBlock(props: { text: string; language: string }) {
  const copy = async () => {
    await navigator.clipboard.writeText(props.text);
    toast.info(t('action.copied'));
  };
  return (
    <div class="codeblock">
      <pre tabindex="0" role="region" aria-label={t('markdown.code')}>
        <code>{props.text}</code>
      </pre>
      <button type="button" class="codeblock-copy" aria-label={t('markdown.copyCode')} onClick={() => void copy()}>
        <Copy size={14} aria-hidden="true" />
      </button>
    </div>
  );
}

function Inlines(props: { nodes: readonly Inline[]; guildId: string | undefined }) {
  return <For each={props.nodes}>{(node) => <InlineNode node={node} guildId={props.guildId} />}</For>;
}

function InlineNode(props: { node: Inline; guildId: string | undefined }): JSX.Element {
  const { node } = props;
  const inner = () => ('children' in node ? <Inlines nodes={node.children} guildId={props.guildId} /> : null);
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'break':
      return <br />;
    case 'strong':
      return <strong>{inner()}</strong>;
    case 'em':
      return <em>{inner()}</em>;
    case 'underline':
      return <u>{inner()}</u>;
    case 'strike':
      return <s>{inner()}</s>;
    case 'code':
      return <code class="inline-code">{node.text}</code>;
    case 'spoiler':
      return <Spoiler>{inner()}</Spoiler>;
    case 'link':
      return <OutLink href={node.href}>{inner()}</OutLink>;
    case 'user':
      return <UserMention id={node.id} guildId={props.guildId} />;
    case 'role':
      return <RoleMention id={node.id} guildId={props.guildId} />;
    case 'channel':
      return <ChannelMention id={node.id} />;
    case 'everyone':
      return <span class="mention">@{node.word}</span>;
    case 'command':
      return <span class="mention">/{node.name}</span>;
    case 'emoji':
      return <CustomEmoji id={node.id} name={node.name} animated={node.animated} />;
    case 'time':
      return (
        <time
          class="markdown-time"
          dateTime={isoOrEmpty(node.unixS)}
          title={formatStamp(node.unixS * 1000, 'F', locale())}
        >
          {node.style === 'R'
            ? relativeTime(node.unixS * 1000, locale())
            : formatStamp(node.unixS * 1000, node.style, locale())}
        </time>
      );
  }
}

const isoOrEmpty = (unixS: number): string => {
  const date = new Date(unixS * 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
};

/** A link out, or, when it leads to ourselves, within. */
function OutLink(props: { href: string; children: JSX.Element }) {
  const own = () => (props.href.startsWith(`${location.origin}/`) ? props.href.slice(location.origin.length) : null);
  return (
    <Show
      when={own() && !own()?.startsWith('/cdn/') ? own() : null}
      fallback={
        <a href={props.href} target="_blank" rel="noreferrer noopener nofollow">
          {props.children}
        </a>
      }
    >
      {(path) => <A href={path()}>{props.children}</A>}
    </Show>
  );
}

function Spoiler(props: { children: JSX.Element }) {
  const [shown, setShown] = createSignal(false);
  return (
    <Show
      when={shown()}
      fallback={
        <button type="button" class="spoiler" aria-label={t('markdown.spoiler')} onClick={() => setShown(true)}>
          <span aria-hidden="true" inert>
            {props.children}
          </span>
        </button>
      }
    >
      <span class="spoiler spoiler-shown">{props.children}</span>
    </Show>
  );
}

function UserMention(props: { id: string; guildId: string | undefined }) {
  const user = () => store.users[props.id];
  return (
    <button
      type="button"
      class="mention"
      classList={{ 'mention-me': props.id === store.me?.id }}
      onClick={(event) => openProfile(props.id, props.guildId, event.currentTarget)}
    >
      @{user() ? displayName(user(), props.guildId) : t('markdown.unknownUser')}
    </button>
  );
}

function RoleMention(props: { id: string; guildId: string | undefined }) {
  const role = () => (props.guildId ? store.roles[props.guildId]?.[props.id] : undefined);
  return (
    <span class="mention" style={{ color: role()?.color ? readableColor(role()?.color ?? 0, isDark()) : undefined }}>
      @{role()?.name ?? t('markdown.unknownRole')}
    </span>
  );
}

function ChannelMention(props: { id: string }) {
  const channel = () => store.channels[props.id];
  return (
    <Switch fallback={<span class="mention">#{t('markdown.unknownChannel')}</span>}>
      <Match when={channel()?.guild_id}>
        {(guildId) => (
          <A class="mention" href={`/guilds/${guildId()}/${props.id}`}>
            #{channelName(channel())}
          </A>
        )}
      </Match>
    </Switch>
  );
}

export function CustomEmoji(props: { id: string; name: string; animated?: boolean | undefined; class?: string }) {
  const [broken, setBroken] = createSignal(false);
  return (
    <Show when={!broken()} fallback={`:${props.name}:`}>
      <img
        class={`emoji ${props.class ?? ''}`}
        src={assetUrl.emoji(props.id, props.animated ?? false)}
        alt={`:${props.name}:`}
        title={`:${props.name}:`}
        draggable={false}
        loading="lazy"
        onError={() => setBroken(true)}
      />
    </Show>
  );
}
