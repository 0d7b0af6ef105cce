import { describe, expect, test } from 'vitest';
import { Bit } from '~/api/permissions';
import { ChannelType } from '~/api/wire';
import { channelPermissionGroups, GUILD_GROUPS, withBit } from './permissionGroups';

describe('permission groups', () => {
  test('name every bit exactly once', () => {
    const shown = GUILD_GROUPS.flatMap((group) => group.bits);
    expect([...shown].sort()).toEqual(Object.keys(Bit).sort());
  });

  test('leave voice out of a text channel and text out of a voice channel', () => {
    const names = (type: ChannelType) => channelPermissionGroups(type).map((group) => group.name);
    expect(names(ChannelType.Text)).not.toContain('voice');
    expect(names(ChannelType.Voice)).not.toContain('text');
    expect(names(ChannelType.Category)).toEqual(['guild', 'members', 'text', 'voice']);
  });
});

test('a bit is set and taken without touching the others', () => {
  const both = withBit(Bit.SEND_MESSAGES, 'BAN_MEMBERS', true);
  expect(both).toBe(Bit.SEND_MESSAGES | Bit.BAN_MEMBERS);
  expect(withBit(both, 'SEND_MESSAGES', false)).toBe(Bit.BAN_MEMBERS);
});
