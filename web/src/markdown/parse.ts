import { Marked, type Token, type TokenizerExtension, type Tokens } from 'marked';
import type { Block, Inline } from './nodes';

/** A token of one of our own extensions. */
interface OwnToken extends Tokens.Generic {
  type: 'own';
  node: Inline;
}

/** An inline rule of ours: where it may start, and what the text there becomes. */
function rule(
  start: string,
  pattern: RegExp,
  node: (match: RegExpExecArray, inline: (text: string) => Inline[]) => Inline | null,
): TokenizerExtension {
  return {
    name: 'own',
    level: 'inline',
    start: (source) => {
      const index = source.indexOf(start);
      return index < 0 ? undefined : index;
    },
    tokenizer(source) {
      const match = pattern.exec(source);
      if (!match) return undefined;
      const made = node(match, (text) => inlines(this.lexer.inlineTokens(text)));
      return made ? ({ type: 'own', raw: match[0], node: made } satisfies OwnToken) : undefined;
    },
  };
}

const RULES: TokenizerExtension[] = [
  rule('||', /^\|\|(?=\S|\s\S)([\s\S]+?)\|\|/, ([, text = ''], inline) => ({
    kind: 'spoiler',
    children: inline(text),
  })),
  rule('__', /^__(?=\S)([\s\S]*?\S)__(?!_)/, ([, text = ''], inline) => ({
    kind: 'underline',
    children: inline(text),
  })),
  rule('<@', /^<@!?(\d{1,20})>/, ([, id = '']) => ({ kind: 'user', id })),
  rule('<@&', /^<@&(\d{1,20})>/, ([, id = '']) => ({ kind: 'role', id })),
  rule('<#', /^<#(\d{1,20})>/, ([, id = '']) => ({ kind: 'channel', id })),
  rule('</', /^<\/([-_\p{L}\p{N}]{1,32}(?: [-_\p{L}\p{N}]{1,32}){0,2}):\d{1,20}>/u, ([, name = '']) => ({
    kind: 'command',
    name,
  })),
  rule('<:', /^<:(\w{2,32}):(\d{1,20})>/, ([, name = '', id = '']) => ({ kind: 'emoji', id, name, animated: false })),
  rule('<a:', /^<a:(\w{2,32}):(\d{1,20})>/, ([, name = '', id = '']) => ({ kind: 'emoji', id, name, animated: true })),
  rule('<t:', /^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, ([, unix = '0', style = 'f']) => ({
    kind: 'time',
    unixS: Number(unix),
    style,
  })),
  rule('@', /^@(everyone|here)\b/, ([, word]) => ({ kind: 'everyone', word: word as 'everyone' | 'here' })),
];

const none = () => undefined;

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: RULES,
  // What chat does not have: raw HTML, tables, definitions, indented code, underlined headings, rules.
  tokenizer: { html: none, tag: none, table: none, def: none, code: none, lheading: none, hr: none, reflink: none },
});

/** Parsed texts are kept, since rows of a virtual list come and go. */
const CACHE_SIZE = 500;
const cache = new Map<string, Block[]>();

/** Return the blocks of a message's text. */
export function parse(source: string): Block[] {
  const known = cache.get(source);
  if (known) return known;
  const parsed = blocks(marked.lexer(source));
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
  cache.set(source, parsed);
  return parsed;
}

function blocks(tokens: readonly Token[]): Block[] {
  return tokens.flatMap((token) => block(token));
}

function block(token: Token): Block[] {
  switch (token.type) {
    case 'space': {
      const extra = (token.raw.match(/\n/g)?.length ?? 0) - 1;
      return extra > 0
        ? ([
            {
              kind: 'paragraph',
              children: Array.from({ length: Math.min(extra - 1, 3) }, () => ({ kind: 'break' as const })),
            },
          ].filter((made) => made.children.length > 0) as Block[])
        : [];
    }
    case 'heading': {
      const { depth, tokens, raw } = token as Tokens.Heading;
      if (depth > 3) return [{ kind: 'paragraph', children: [{ kind: 'text', text: raw.trimEnd() }] }];
      return [{ kind: 'heading', level: depth as 1 | 2 | 3, children: inlines(tokens) }];
    }
    case 'blockquote':
      return [{ kind: 'quote', children: blocks((token as Tokens.Blockquote).tokens) }];
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return [{ kind: 'codeblock', language: lang?.split(/\s/)[0] ?? '', text }];
    }
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      return [{ kind: 'list', ordered, start: Number(start) || 1, items: items.map((item) => blocks(item.tokens)) }];
    }
    case 'paragraph':
    case 'text': {
      const { tokens, raw } = token as Tokens.Paragraph;
      return paragraph(tokens ? inlines(tokens) : [{ kind: 'text', text: raw }]);
    }
    default:
      return token.raw.trim() === '' ? [] : paragraph([{ kind: 'text', text: token.raw }]);
  }
}

const SMALL = '-# ';

function paragraph(children: Inline[]): Block[] {
  const [first] = children;
  if (first?.kind === 'text' && first.text.startsWith(SMALL)) {
    return [
      { kind: 'small', children: [{ kind: 'text', text: first.text.slice(SMALL.length) }, ...children.slice(1)] },
    ];
  }
  return [{ kind: 'paragraph', children }];
}

function inlines(tokens: readonly Token[]): Inline[] {
  const nodes: Inline[] = [];
  for (const token of tokens) {
    const node = inline(token);
    const last = nodes.at(-1);
    if (node.kind === 'text' && last?.kind === 'text') last.text += node.text;
    else nodes.push(node);
  }
  return nodes;
}

function inline(token: Token): Inline {
  switch (token.type) {
    case 'own':
      return (token as OwnToken).node;
    case 'strong':
      return { kind: 'strong', children: inlines((token as Tokens.Strong).tokens) };
    case 'em':
      return { kind: 'em', children: inlines((token as Tokens.Em).tokens) };
    case 'del':
      return { kind: 'strike', children: inlines((token as Tokens.Del).tokens) };
    case 'codespan':
      return { kind: 'code', text: (token as Tokens.Codespan).text };
    case 'br':
      return { kind: 'break' };
    case 'link': {
      const { href, tokens, raw } = token as Tokens.Link;
      const safe = safeLink(href);
      return safe ? { kind: 'link', href: safe, children: inlines(tokens) } : { kind: 'text', text: raw };
    }
    case 'escape':
      return { kind: 'text', text: (token as Tokens.Escape).text };
    case 'text': {
      const { tokens, raw } = token as Tokens.Text;
      if (!tokens) return { kind: 'text', text: raw };
      const [only] = inlines(tokens);
      return only ?? { kind: 'text', text: raw };
    }
    default:
      return { kind: 'text', text: token.raw };
  }
}

/** Only web addresses and mail are links; anything else stays text. */
export function safeLink(href: string): string | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const EMOJI_ONLY = /^(?:\s|<a?:\w{2,32}:\d{1,20}>|\p{RGI_Emoji})+$/v;
const EMOJI = /<a?:\w{2,32}:\d{1,20}>|\p{RGI_Emoji}/gv;

/** Whether a text is nothing but a few emojis, which are then shown large. */
export function isJumbo(source: string): boolean {
  return EMOJI_ONLY.test(source) && (source.match(EMOJI)?.length ?? 99) <= 12;
}

/** A text as one line without its marks, for reply previews and notifications. */
export function plainLine(source: string, name: (kind: 'user' | 'role' | 'channel', id: string) => string): string {
  const line = (nodes: readonly Inline[]): string =>
    nodes
      .map((node) => {
        if (node.kind === 'text' || node.kind === 'code') return node.text;
        if (node.kind === 'break') return ' ';
        if ('id' in node && node.kind !== 'emoji') return name(node.kind, node.id);
        if (node.kind === 'everyone') return `@${node.word}`;
        if (node.kind === 'command') return `/${node.name}`;
        if (node.kind === 'emoji') return `:${node.name}:`;
        if (node.kind === 'time') return new Date(node.unixS * 1000).toLocaleString();
        if (node.kind === 'spoiler') return '▒▒▒';
        return 'children' in node ? line(node.children) : '';
      })
      .join('');
  const all = (list: readonly Block[]): string =>
    list
      .map((node) => {
        if (node.kind === 'codeblock') return node.text;
        if (node.kind === 'list') return node.items.map(all).join(' · ');
        return node.kind === 'quote' ? all(node.children) : line(node.children);
      })
      .join(' ');
  return all(parse(source)).replace(/\s+/g, ' ').trim();
}
