// A moderation bot written with discord.js: removes, silences, tidies up and keeps a log.
import { ChannelType, Client, Events, GatewayIntentBits, PermissionFlagsBits } from "discord.js";

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMembers,
    GatewayIntentBits.GuildModeration,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.MessageContent,
  ],
});
const entries = new Set();

const commands = {
  async kick(message, [id, ...reason]) {
    const member = await message.guild.members.fetch(id);
    if (!member.kickable) throw new Error("not kickable");
    await member.kick(reason.join(" "));
    return `kicked ${member.displayName}`;
  },

  async ban(message, [id, seconds, ...reason]) {
    const member = await message.guild.members.fetch(id);
    await member.ban({ deleteMessageSeconds: Number(seconds), reason: reason.join(" ") });
    return `banned ${member.displayName}`;
  },

  async bans(message) {
    const bans = await message.guild.bans.fetch({ cache: false });
    return bans.map((ban) => `${ban.user.username}: ${ban.reason}`).join("; ") || "nobody";
  },

  async unban(message, [id]) {
    const ban = await message.guild.bans.fetch({ user: id, force: true });
    await message.guild.bans.remove(id, "served");
    return `unbanned ${ban.user.username}`;
  },

  async banall(message, ids) {
    const result = await message.guild.members.bulkBan(ids, { deleteMessageSeconds: 60, reason: "raid" });
    return `banned ${result.bannedUsers.length}, failed ${result.failedUsers.length}`;
  },

  async timeout(message, [id, minutes]) {
    const member = await message.guild.members.fetch(id);
    const after = await member.timeout(Number(minutes) * 60_000, "too loud");
    const silent = after.isCommunicationDisabled();
    return `${member.displayName} is timed out: ${silent ? "True" : "False"}`;
  },

  async forgive(message, [id]) {
    const member = await message.guild.members.fetch(id);
    await member.timeout(null, "said sorry");
    return `${member.displayName} may talk`;
  },

  async purge(message, [count]) {
    const found = await message.channel.messages.fetch({ limit: Number(count), before: message.id });
    const gone = await message.channel.bulkDelete(found, true);
    return `purged ${gone.size}`;
  },

  async nick(message, [id, ...nick]) {
    await message.guild.members.edit(id, { nick: nick.join(" "), reason: "as agreed" });
    await message.guild.members.me.setNickname("the warden");
    return `now ${(await message.guild.members.fetch({ user: id, force: true })).nickname}`;
  },

  async owner(message) {
    try {
      await message.guild.members.kick(message.guild.ownerId);
    } catch (error) {
      return `refused with ${error.status} ${error.code}`;
    }
    return "kicked the owner";
  },

  async slow(message, [seconds]) {
    const channel = await message.channel.setRateLimitPerUser(Number(seconds), "too loud");
    await channel.setTopic("quietly");
    return `slow mode: ${channel.rateLimitPerUser}`;
  },

  async lock(message, [id]) {
    const { channel, guild } = message;
    const silence = { SendMessages: false, AddReactions: false };
    await channel.permissionOverwrites.edit(guild.roles.everyone, silence, { reason: "night" });
    await channel.permissionOverwrites.edit(guild.members.me, { SendMessages: true });
    const member = await guild.members.fetch(id);
    const fresh = await client.channels.fetch(channel.id, { force: true });
    return `may send: ${fresh.permissionsFor(member).has(PermissionFlagsBits.SendMessages) ? "True" : "False"}`;
  },

  async unlock(message) {
    await message.channel.permissionOverwrites.delete(message.guild.roles.everyone, "day");
    return "unlocked";
  },

  async role(message, [id, name]) {
    const { roles } = message.guild;
    const role = await roles.create({
      name,
      colors: { primaryColor: 0xf1c40f },
      hoist: true,
      mentionable: true,
      permissions: [PermissionFlagsBits.KickMembers],
      reason: "promotion",
    });
    const below = await roles.create({ name: `${name}'s aide` });
    const member = await message.guild.members.fetch(id);
    await member.roles.add([role, below], "promotion");
    await member.roles.remove(below);
    await roles.setPositions([
      { role: role.id, position: 2 },
      { role: below.id, position: 1 },
    ]);
    // What the library holds of a role changes with the event, which may come after the answer.
    const told = new Promise((done) => {
      message.client.on("roleUpdate", (_, now) => now.name === `Chief ${name}` && done());
    });
    await role.edit({ name: `Chief ${name}`, colors: { primaryColor: 0x123456 } });
    await told;
    await below.delete("saving");
    const after = await message.guild.members.fetch({ user: id, force: true });
    return `${after.roles.highest.name} above ${role.position - 1}`;
  },

  async room(message, [name]) {
    const { channels, members, roles } = message.guild;
    const category = await channels.create({
      name: "Staff",
      type: ChannelType.GuildCategory,
      permissionOverwrites: [
        { id: roles.everyone, deny: [PermissionFlagsBits.ViewChannel] },
        { id: members.me, allow: [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.ManageChannels] },
      ],
      reason: "privacy",
    });
    const text = await channels.create({ name, parent: category, topic: "for staff", rateLimitPerUser: 5 });
    const voice = await channels.create({
      name: "Tower",
      type: ChannelType.GuildVoice,
      parent: category,
      bitrate: 64_000,
      userLimit: 4,
    });
    await text.setPosition(0);
    await text.edit({ name: `${name}-room` });
    await text.lockPermissions();
    const copy = await text.clone({ name: "copy" });
    await copy.delete("one too many");
    const synced = (await channels.fetch(text.id, { force: true })).permissionsLocked;
    await voice.delete();
    return `made ${text.id} in ${category.name}, synced: ${synced ? "True" : "False"}`;
  },

  async log() {
    return [...entries].join(" ");
  },
};

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot || !message.content.startsWith("!")) return;
  const [name, ...words] = message.content.slice(1).split(/\s+/);
  try {
    await message.reply(await commands[name](message, words));
  } catch (error) {
    console.error(error);
    await message.reply(`failed: ${error.message}`);
  }
});

const heard = {
  [Events.GuildMemberRemove]: "leave",
  [Events.GuildBanAdd]: "ban",
  [Events.GuildBanRemove]: "unban",
  [Events.MessageBulkDelete]: "bulk",
  [Events.GuildRoleCreate]: "role+",
  [Events.GuildRoleUpdate]: "role~",
  [Events.GuildRoleDelete]: "role-",
  [Events.ChannelCreate]: "channel+",
  [Events.ChannelUpdate]: "channel~",
  [Events.ChannelDelete]: "channel-",
};
for (const [event, entry] of Object.entries(heard)) client.on(event, () => entries.add(entry));

client.on(Events.GuildMemberUpdate, (before, after) => {
  if (before.nickname !== after.nickname) entries.add("nick");
  if (before.communicationDisabledUntilTimestamp !== after.communicationDisabledUntilTimestamp) entries.add("timeout");
  if (!before.roles.cache.equals(after.roles.cache)) entries.add("roles");
});

client.once(Events.ClientReady, async () => {
  const { channels } = client.guilds.cache.first();
  await channels.cache.find((channel) => channel.type === ChannelType.GuildText).send("At your service");
});

await client.login(process.env.DISCORD_TOKEN);
