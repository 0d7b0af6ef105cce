// A bot written with discord.js that spreads its guilds over two shards in one process.
import { ChannelType, Client, Events, GatewayIntentBits, Partials, Status } from "discord.js";

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.DirectMessages,
    GatewayIntentBits.MessageContent,
  ],
  partials: [Partials.Channel],
  shardCount: 2,
});

async function greet(guild) {
  const hall = guild.channels.cache.find((channel) => channel.type === ChannelType.GuildText);
  await hall.send(`At your service on shard ${guild.shardId} of ${client.options.shardCount}`);
}

client.once(Events.ClientReady, async () => {
  for (const guild of client.guilds.cache.values()) await greet(guild);
});

client.on(Events.GuildCreate, greet);

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  if (!message.inGuild()) {
    await message.channel.send(`You said ${message.content}.`);
  } else if (message.content === "!shard") {
    const isOpen = message.guild.shard.status === Status.Ready;
    await message.reply(`shard ${message.guild.shardId} of ${client.ws.shards.size}, open: ${isOpen ? "True" : "False"}`);
  }
});

await client.login(process.env.DISCORD_TOKEN);
