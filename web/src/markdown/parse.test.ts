import { describe, expect, it } from 'vitest';
import type { Block, Inline } from './nodes';
import { isJumbo, parse, plainLine, safeLink } from './parse';

const text = (value: string): Inline => ({ kind: 'text', text: value });
const line = (source: string): Inline[] => {
  const [first] = parse(source);
  return first?.kind === 'paragraph' ? first.children : [];
};

describe('message text', () => {
  it('knows the usual marks and their nesting', () => {
    expect(line('**a** *b* __c__ ~~d~~ ||e|| `f`')).toEqual([
      { kind: 'strong', children: [text('a')] },
      text(' '),
      { kind: 'em', children: [text('b')] },
      text(' '),
      { kind: 'underline', children: [text('c')] },
      text(' '),
      { kind: 'strike', children: [text('d')] },
      text(' '),
      { kind: 'spoiler', children: [text('e')] },
      text(' '),
      { kind: 'code', text: 'f' },
    ]);
    expect(line('||**x**||')).toEqual([{ kind: 'spoiler', children: [{ kind: 'strong', children: [text('x')] }] }]);
  });

  it('knows mentions, channels, roles, emojis, times and commands', () => {
    expect(
      line('<@1> <@!2> <@&3> <#4> <:ok:5> <a:go:6> <t:7:R> </ping:8> @everyone').filter((n) => n.kind !== 'text'),
    ).toEqual([
      { kind: 'user', id: '1' },
      { kind: 'user', id: '2' },
      { kind: 'role', id: '3' },
      { kind: 'channel', id: '4' },
      { kind: 'emoji', id: '5', name: 'ok', animated: false },
      { kind: 'emoji', id: '6', name: 'go', animated: true },
      { kind: 'time', unixS: 7, style: 'R' },
      { kind: 'command', name: 'ping' },
      { kind: 'everyone', word: 'everyone' },
    ]);
  });

  it('shows HTML as the text it is', () => {
    const all = JSON.stringify(parse('<script>alert(1)</script>\n\n<b onclick="x">hi</b> <img src=x>'));
    expect(all).toContain('<script>');
    expect(all).toContain('<img src=x>');
  });

  it('links only to the web and to mail', () => {
    expect(line('[a](https://example.org/x)')).toEqual([
      { kind: 'link', href: 'https://example.org/x', children: [text('a')] },
    ]);
    expect(line('[a](javascript:alert(1))')[0]?.kind).toBe('text');
    expect(line('see https://example.org/y now')[1]).toMatchObject({ kind: 'link', href: 'https://example.org/y' });
    expect(safeLink('data:text/html,x')).toBeNull();
  });

  it('never loads a picture that a text names', () => {
    expect(JSON.stringify(parse('![a](https://example.org/p.png)'))).not.toContain('"image"');
  });

  it('knows blocks: headings, quotes, code, lists', () => {
    const kinds = (source: string): Block['kind'][] => parse(source).map((node) => node.kind);
    expect(kinds('# a\nb')).toEqual(['heading', 'paragraph']);
    expect(kinds('> a\n> b')).toEqual(['quote']);
    expect(parse('```py\nx = 1\n```')).toEqual([{ kind: 'codeblock', language: 'py', text: 'x = 1' }]);
    expect(parse('2. a\n3. b')).toMatchObject([{ kind: 'list', ordered: true, start: 2 }]);
    expect(kinds('-# small')).toEqual(['small']);
  });

  it('keeps line breaks and leaves marks in code alone', () => {
    expect(line('a\nb')).toEqual([text('a'), { kind: 'break' }, text('b')]);
    expect(line('`<@1> **x**`')).toEqual([{ kind: 'code', text: '<@1> **x**' }]);
    expect(line('\\*a\\* 1 < 2 & 3')).toEqual([text('*a* 1 < 2 & 3')]);
  });

  it('ends on hostile input', () => {
    const started = performance.now();
    for (const mark of ['*', '_', '||', '~~', '`', '[', '<@', '>']) parse(mark.repeat(1000));
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it('tells emoji-only messages', () => {
    expect(isJumbo('🎉 👍🏽 <:ok:12>')).toBe(true);
    expect(isJumbo('🎉 hi')).toBe(false);
    expect(isJumbo('12')).toBe(false);
  });

  it('has a plain form in one line', () => {
    expect(plainLine('**a** <@1>\n> b ||c||', (kind, id) => `${kind}${id}`)).toBe('a user1 b ▒▒▒');
  });
});
