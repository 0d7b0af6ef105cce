import { batch } from 'solid-js';
import type { Member, Message, Snowflake, User } from '~/api/wire';
import { setStore, store } from './store';

/** Take note of a user met anywhere; one table holds everybody. */
export function learnUser(user: User): void {
  const known = store.users[user.id];
  if (
    known &&
    known.username === user.username &&
    known.global_name === user.global_name &&
    known.avatar === user.avatar
  ) {
    return;
  }
  const { id, username, global_name, avatar, bot } = user;
  setStore('users', id, { id, username, global_name, avatar, ...(bot ? { bot } : {}) });
}

/** Take note of a member; the user inside goes to the table of users. */
export function learnMember(guildId: Snowflake, member: Member, userId = member.user?.id): void {
  if (!userId) return;
  const { user, ...rest } = member;
  batch(() => {
    if (user) learnUser(user);
    if (store.members[guildId]) setStore('members', guildId, userId, rest);
  });
}

/** Take note of everyone a message names. */
export function learnMessage(message: Message): void {
  if (!message.webhook_id) learnUser(message.author);
  for (const user of message.mentions) learnUser(user);
  if (message.guild_id && message.member) learnMember(message.guild_id, message.member, message.author.id);
  if (message.referenced_message) learnMessage(message.referenced_message);
}
