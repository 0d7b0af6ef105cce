// A welcoming bot written with discord.js: greets who comes, hands out roles, knows who is there.
import {
  ActivityType,
  ChannelType,
  Client,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  Partials,
  PermissionFlagsBits,
} from "discord.js";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const client = new Client({
  intents: Object.values(GatewayIntentBits).filter((bit) => typeof bit === "number"),
  partials: [Partials.GuildMember, Partials.Message, Partials.Reaction, Partials.User],
  presence: { activities: [{ name: "the doorbell", type: ActivityType.Playing }] },
});
const uses = new Map();
const roleByMessage = new Map();
let guestRole;

client.once(Events.ClientReady, async () => {
  const guild = client.guilds.cache.first();
  guestRole = await guild.roles.create({ name: "Guest" });
  for (const invite of (await guild.invites.fetch()).values()) uses.set(invite.code, invite.uses);
  await guild.channels.cache.find((channel) => channel.type === ChannelType.GuildText).send("At your service");
});

client.on(Events.GuildMemberAdd, async (member) => {
  const invites = await member.guild.invites.fetch({ cache: false });
  const used = invites.find((invite) => invite.uses > (uses.get(invite.code) ?? 0));
  for (const invite of invites.values()) uses.set(invite.code, invite.uses);
  await member.roles.add(guestRole, "new here");
  const embed = new EmbedBuilder()
    .setTitle(`Welcome ${member.displayName}`)
    .setTimestamp(member.joinedAt)
    .setAuthor({ name: member.user.username, iconURL: member.displayAvatarURL() })
    .setThumbnail(member.displayAvatarURL())
    .addFields(
      { name: "Member", value: `#${member.guild.memberCount}` },
      { name: "Invited by", value: used ? used.inviter.username : "nobody knows" },
    );
  await member.guild.systemChannel.send({ content: `${member} is here`, embeds: [embed] });
});

client.on(Events.GuildMemberRemove, async (member) => {
  const { guild } = member;
  await guild.systemChannel.send(`${member.user.username} has left, ${guild.memberCount} remain`);
});

client.on(Events.InviteCreate, (invite) => {
  uses.set(invite.code, invite.uses ?? 0);
  console.log("invite made:", invite.code, invite.maxUses);
});

client.on(Events.InviteDelete, (invite) => console.log("invite gone:", invite.code));

client.on(Events.PresenceUpdate, (before, after) => {
  console.log(`${after.user?.username} is ${after.status}`);
});

client.on(Events.MessageReactionAdd, async (reaction, user) => {
  const role = roleByMessage.get(reaction.message.id);
  if (!role || user.id === client.user.id) return;
  await (await reaction.message.guild.members.fetch(user.id)).roles.add(role);
});

client.on(Events.MessageReactionRemove, async (reaction, user) => {
  const role = roleByMessage.get(reaction.message.id);
  if (role) await (await reaction.message.guild.members.fetch(user.id)).roles.remove(role);
});

const quoted = (words) => `[${words.map((word) => `'${word}'`).join(", ")}]`;
const said = (truth) => (truth ? "True" : "False");

const commands = {
  async invite(message, count) {
    const invite = await message.channel.createInvite({ maxAge: 600, maxUses: Number(count), unique: true });
    const { code, guild, memberCount } = await client.fetchInvite(invite.code);
    return `${code} to ${guild.name} for ${invite.maxUses}, ${memberCount} there`;
  },

  async uninvite(message, code) {
    await message.guild.invites.delete(code);
    return `left: ${(await message.guild.invites.fetch({ channelId: message.channel.id, cache: false })).size}`;
  },

  async roles(message) {
    const { guild } = message;
    const emoji = await guild.emojis.create({ attachment: PICTURE, name: "doorbell", reason: "roles" });
    await emoji.edit({ name: "doorbell_rings" });
    const role = await guild.roles.create({ name: "Ringer" });
    const board = await message.channel.send("Ring for a role");
    roleByMessage.set(board.id, role);
    const fetched = await guild.emojis.fetch(emoji.id, { force: true });
    await board.react(fetched);
    return `${board.id} ${role.id} ${fetched} ${(await guild.emojis.fetch()).size}`;
  },

  async rang(message, id) {
    const board = await message.channel.messages.fetch({ message: id, force: true });
    const reaction = board.reactions.cache.first();
    const users = (await reaction.users.fetch()).map((user) => user.username).sort();
    await board.reactions.removeAll();
    return `${reaction.count}: ${users.join(" ")}`;
  },

  async members(message) {
    const { members } = message.guild;
    const chunked = [...(await members.fetch()).keys()].sort();
    const listed = [...(await members.list({ limit: 1000, cache: false })).keys()].sort();
    const counted = await client.guilds.fetch({ guild: message.guild.id, withCounts: true, force: true });
    const found = await members.fetch({ query: "be", limit: 5 });
    const searched = await members.search({ query: "be", limit: 5 });
    const asked = await members.fetch({ user: [message.author.id], withPresences: true });
    const isSame = String(chunked) === String(listed) && String([...found.keys()]) === String([...searched.keys()]);
    const names = quoted(found.map((member) => member.user.username));
    const statuses = quoted(asked.map((member) => member.presence?.status ?? "offline"));
    return `${said(isSame)} ${listed.length} ${counted.approximateMemberCount} ${names} ${statuses}`;
  },

  async look(message, id) {
    const user = await client.users.fetch(id, { force: true });
    const member = await message.guild.members.fetch({ user: id, force: true });
    const icon = user.avatar ? await (await fetch(user.displayAvatarURL({ extension: "png" }))).arrayBuffer() : null;
    const allowed = message.channel.permissionsFor(member);
    const roles = quoted(member.roles.cache.filter((role) => role.id !== message.guild.id).map((role) => role.name));
    const send = said(allowed.has(PermissionFlagsBits.SendMessages));
    const manage = said(allowed.has(PermissionFlagsBits.ManageGuild));
    return `${user.username} ${roles} ${icon?.byteLength ?? 0} send=${send} manage=${manage}`;
  },

  async mood(message, text) {
    client.user.setPresence({ status: "idle", activities: [{ name: text, type: ActivityType.Custom, state: text }] });
    return "changed";
  },
};

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot || !message.content.startsWith("!")) return;
  const [name, ...words] = message.content.slice(1).split(/\s+/);
  try {
    await message.reply(await commands[name](message, ...words));
  } catch (error) {
    console.error(error);
    await message.reply(`failed: ${error.message}`);
  }
});

await client.login(process.env.DISCORD_TOKEN);
