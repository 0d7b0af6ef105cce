import { type Message, MessageType } from '~/api/wire';

type Fields = Pick<Message, 'id' | 'channel_id' | 'author'> & Partial<Message>;

/** A message as the server tells of it, for tests: plain, and as `fields` say. */
export const plainMessage = (fields: Fields): Message => ({
  content: `Line ${fields.id}`,
  timestamp: '2026-01-01T00:00:00Z',
  edited_timestamp: null,
  mention_everyone: false,
  mentions: [],
  mention_roles: [],
  attachments: [],
  embeds: [],
  pinned: false,
  type: MessageType.Default,
  ...fields,
});
