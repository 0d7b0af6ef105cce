// A small community bot written with discord.js: greets, tidies up, whispers, reports and keeps count.
import {
  AttachmentBuilder,
  Client,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  MessageFlags,
  Partials,
  SlashCommandBuilder,
} from "discord.js";

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.MessageContent,
    GatewayIntentBits.DirectMessages,
  ],
  partials: [Partials.Channel],
});
const numbers = [];
let resumes = 0;
let readies = 0;

const report = new SlashCommandBuilder()
  .setName("report")
  .setDescription("Reports on a topic")
  .addStringOption((option) => option.setName("topic").setDescription("What to report on").setRequired(true));

client.once(Events.ClientReady, async () => {
  const guild = client.guilds.cache.first();
  console.log("ready:", client.user.tag, "in", guild.name);
  const commands = await guild.commands.set([report]);
  const channel = guild.channels.cache.filter((each) => each.isTextBased() && !each.isVoiceBased()).first();
  await channel.send(
    `At your service in ${guild.name} (${guild.memberCount} members) with /${commands.first().name}`,
  );
});

client.on(Events.ShardReady, () => {
  readies += 1;
});

client.on(Events.ShardResume, () => {
  resumes += 1;
  console.log("resumed");
});

client.on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  if (!message.inGuild()) {
    await message.channel.send(`You said ${message.content}.`);
    return;
  }
  const number = /^number (\d+)$/.exec(message.content);
  if (number) {
    numbers.push(Number(number[1]));
  } else if (message.content === "!hello") {
    await greet(message);
  } else if (message.content === "!tidy") {
    const draft = await message.channel.send("a draft");
    await draft.edit("the fair copy");
    await (await message.channel.send("a slip of the pen")).delete();
  } else if (message.content === "!whisper") {
    await message.author.send(`Between us, ${message.author.displayName}: all is well.`);
  } else if (message.content === "!tally") {
    await message.reply(tally());
  }
});

function tally() {
  const heard = [...new Set(numbers)];
  const twice = numbers.length - heard.length;
  const isOrdered = heard.every((number, index) => index === 0 || heard[index - 1] < number);
  const order = isOrdered ? "in order" : `out of order: ${numbers}`;
  return `${heard.length} numbers, ${twice} twice, ${order}, ${resumes} resumes, ${readies} ready`;
}

async function greet(message) {
  const embed = new EmbedBuilder()
    .setTitle("Welcome")
    .setDescription(`Hello, ${message.author}!`)
    .setColor(0x3366cc)
    .addFields({ name: "Channel", value: message.channel.name })
    .setFooter({ text: "the steward" });
  const rules = new AttachmentBuilder(Buffer.from("Mind the step.\n"), { name: "rules.txt" });
  const reply = await message.reply({ content: "Come in!", embeds: [embed], files: [rules] });
  await message.react("👋");
  const text = await (await fetch(reply.attachments.first().url)).text();
  console.log("attachment:", text);
}

client.on(Events.InteractionCreate, async (interaction) => {
  if (!interaction.isChatInputCommand() || interaction.commandName !== "report") return;
  const topic = interaction.options.getString("topic", true);
  if (topic === "secrets") {
    await interaction.reply({ content: "Walls have ears.", flags: MessageFlags.Ephemeral });
    return;
  }
  await interaction.deferReply();
  await interaction.editReply(`Report on ${topic}: nothing to complain of.`);
  await interaction.followUp("Ask me again tomorrow.");
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    await client.destroy();
    process.exit(0);
  });
}

await client.login(process.env.DISCORD_TOKEN);
