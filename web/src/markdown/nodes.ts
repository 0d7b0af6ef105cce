/** Everything that a message's text can become. There is no node for raw HTML, so none can be shown. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'em' | 'underline' | 'strike' | 'spoiler'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'break' }
  | { kind: 'user' | 'role' | 'channel'; id: string }
  | { kind: 'everyone'; word: 'everyone' | 'here' }
  | { kind: 'command'; name: string }
  | { kind: 'emoji'; id: string; name: string; animated: boolean }
  | { kind: 'time'; unixS: number; style: string };

export type Block =
  | { kind: 'paragraph'; children: Inline[] }
  | { kind: 'heading'; level: 1 | 2 | 3; children: Inline[] }
  | { kind: 'small'; children: Inline[] }
  | { kind: 'quote'; children: Block[] }
  | { kind: 'codeblock'; language: string; text: string }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] };
