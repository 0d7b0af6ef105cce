// Repeats messages that get a ⭐ in the channel called starboard, making it when there is none. Needs discord.js.
import {
  ChannelType,
  Client,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  Partials,
  PermissionFlagsBits,
} from "discord.js";

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.MessageContent,
  ],
  // Reactions to messages from before the bot's start arrive as partials, to be fetched.
  partials: [Partials.Message, Partials.Reaction, Partials.Channel],
});
const starred = new Set();

client.once(Events.ClientReady, () => console.log(`${client.user.tag} watches for stars`));

client.on(Events.MessageReactionAdd, async (reaction) => {
  if (reaction.emoji.name !== "⭐") return;
  const message = await reaction.message.fetch();
  if (message.channel.name === "starboard" || starred.has(message.id)) return;
  starred.add(message.id);
  const board = await starboard(message.guild);
  if (!board) return;
  const embed = new EmbedBuilder()
    .setAuthor({ name: message.author.displayName })
    .setDescription(message.content || "(no text)")
    .setTimestamp(message.createdAt)
    .setColor(0xffa600);
  await board.send({ content: `⭐ in ${message.channel}`, embeds: [embed] });
});

async function starboard(guild) {
  const known = guild.channels.cache.find((channel) => channel.name === "starboard");
  if (known) return known;
  if (!guild.members.me.permissions.has(PermissionFlagsBits.ManageChannels)) {
    console.log("Make a channel called starboard, or let my role manage channels.");
    return null;
  }
  return guild.channels.create({ name: "starboard", type: ChannelType.GuildText, topic: "The best of us" });
}

await client.login(process.env.DISCORD_TOKEN);
