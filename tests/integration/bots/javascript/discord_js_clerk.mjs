// A useful bot written with discord.js: slash commands of every kind, pictures, history, pins, and a clock.
import { setTimeout as sleep } from "node:timers/promises";

import {
  ActionRowBuilder,
  ApplicationCommandType,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  ChannelType,
  Client,
  ContextMenuCommandBuilder,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  MessageFlags,
  PermissionFlagsBits,
  SlashCommandBuilder,
} from "discord.js";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.MessageContent,
  ],
});
const notes = [];
const picture = (name) => new AttachmentBuilder(PICTURE, { name, description: `a dot called ${name}` });
const said = (truth) => (truth ? "True" : "False");

const slash = (name, description) => new SlashCommandBuilder().setName(name).setDescription(description);
const required = (name) => (option) => option.setName(name).setDescription(name).setRequired(true);

const definitions = [
  slash("order", "Orders a dish")
    .addStringOption((option) =>
      required("dish")(option).addChoices({ name: "soup", value: "soup" }, { name: "salad", value: "salad" }),
    )
    .addIntegerOption((option) => required("count")(option).setMinValue(1).setMaxValue(10))
    .addNumberOption(required("price"))
    .addBooleanOption(required("warm"))
    .addUserOption(required("guest"))
    .addChannelOption((option) => required("table")(option).addChannelTypes(ChannelType.GuildText))
    .addRoleOption(required("rank"))
    .addMentionableOption(required("bill"))
    .addIntegerOption((option) =>
      required("size")(option).addChoices({ name: "Small", value: 1 }, { name: "Large", value: 2 }),
    )
    .addStringOption((option) => option.setName("wish").setDescription("wish").setMinLength(1).setMaxLength(20)),
  slash("note", "Keeps notes")
    .addSubcommand((command) =>
      command.setName("add").setDescription("Adds a note").addStringOption(required("text")),
    )
    .addSubcommandGroup((group) =>
      group
        .setName("tag")
        .setDescription("Marks notes")
        .addSubcommand((command) =>
          command.setName("set").setDescription("Marks a note").addIntegerOption(required("number")),
        ),
    ),
  slash("archive", "Looks into the archive").addStringOption((option) => required("word")(option).setAutocomplete(true)),
  slash("draw", "Draws a dot"),
  slash("scan", "Reads a file").addAttachmentOption(required("file")),
  slash("staff", "For the staff").setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild),
  new ContextMenuCommandBuilder().setName("Quote").setType(ApplicationCommandType.Message),
  new ContextMenuCommandBuilder().setName("Greet").setType(ApplicationCommandType.User),
];

const answers = {
  async order(interaction) {
    const { options } = interaction;
    const size = ["", "Small", "Large"][options.getInteger("size")];
    const bill = options.getMentionable("bill");
    await interaction.reply({
      content:
        `${options.getInteger("count")} ${size} ${options.getString("dish")} at ${options.getNumber("price")} ` +
        `warm=${said(options.getBoolean("warm"))} for ${options.getMember("guest").displayName} ` +
        `in ${options.getChannel("table").name} as ${options.getRole("rank").name} ` +
        `on ${bill.displayName ?? bill.name}, wish: ${options.getString("wish") ?? "none"}`,
      allowedMentions: { parse: [] },
    });
  },

  async note(interaction) {
    const { options } = interaction;
    if (options.getSubcommandGroup(false) === "tag" && options.getSubcommand() === "set") {
      notes[options.getInteger("number") - 1] += " *";
      await interaction.reply(notes.join("; "));
    } else {
      notes.push(options.getString("text"));
      await interaction.reply(`${notes.length} notes`);
    }
  },

  async archive(interaction) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply(`Looking for ${interaction.options.getString("word")}`);
    const further = await interaction.followUp({ content: "a page", files: [picture("page.png")] });
    await interaction.editReply({ message: further, content: "another page", attachments: [] });
    const lost = await interaction.followUp("a lost page");
    await interaction.deleteReply(lost);
    const original = await interaction.fetchReply();
    await interaction.editReply(`${original.content}: found`);
  },

  async draw(interaction) {
    const embed = new EmbedBuilder().setTitle("A dot").setImage("attachment://dot.png");
    embed.setThumbnail("attachment://dot.png");
    const seen = new Promise((done) => {
      client.on("messageCreate", (message) => message.content === "seen" && done());
    });
    await interaction.reply({ embeds: [embed], files: [picture("dot.png")] });
    await seen;
    await interaction.editReply({ content: "redrawn", attachments: [], files: [picture("dash.png")], embeds: [] });
  },

  async scan(interaction) {
    await interaction.reply(interaction.options.getAttachment("file").name);
  },

  async staff(interaction) {
    const { resource } = await interaction.reply({ content: "hello, staff", withResponse: true });
    await sleep(100);
    await resource.message.delete();
  },

  async Quote(interaction) {
    await interaction.reply(`> ${interaction.targetMessage.content}`);
  },

  async Greet(interaction) {
    await interaction.reply(`Hello, ${interaction.targetUser.username}!`);
  },
};

client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isCommand()) await answers[interaction.commandName](interaction);
});

const commands = {
  async history(message) {
    const { channel } = message;
    const sent = [];
    for (let number = 0; number < 5; number += 1) sent.push(await channel.send(`line ${number}`));
    const read = async (options) => {
      const found = await channel.messages.fetch({ ...options, cache: false });
      return found.map((each) => each.content.at(-1));
    };
    const before = await read({ limit: 2, before: sent[3].id });
    const after = (await read({ after: sent[1].id })).sort();
    const around = (await read({ limit: 3, around: sent[2].id })).sort();
    return `${before.join("")} ${after.join("")} ${around.join("")}`;
  },

  async pins(message) {
    const { channel } = message;
    const [first, second] = [await channel.send("to keep"), await channel.send("to keep too")];
    await first.pin("important");
    await second.pin();
    const pinned = (await channel.messages.fetchPins()).items.map((pin) => pin.message.content);
    await second.unpin();
    return `${pinned.join(", ")}; then ${(await channel.messages.fetchPins()).items.length}`;
  },

  async gallery(message) {
    const embed = new EmbedBuilder().setImage("attachment://b.png");
    const sent = await message.channel.send({
      content: "gallery",
      files: [picture("a.png"), picture("b.png")],
      embeds: [embed],
    });
    const read = Buffer.from(await (await fetch(sent.attachments.first().url)).arrayBuffer());
    let edited = await sent.edit({ attachments: [sent.attachments.first()], files: [picture("c.png")], embeds: [] });
    edited = await edited.edit({ attachments: [...edited.attachments.values()], files: [picture("d.png")] });
    const names = edited.attachments.map((each) => `'${each.name}'`).join(", ");
    edited = await edited.edit({ attachments: [...edited.attachments.values()].slice(1) });
    const { description } = edited.attachments.first();
    return `${said(read.subarray(0, 8).equals(PICTURE.subarray(0, 8)))} [${names}] then ${edited.attachments.size}: ${description}`;
  },

  async question(message) {
    const isYes = (each) => each.author.id === message.author.id && each.content === "yes";
    const waiting = message.channel.awaitMessages({ filter: isYes, max: 1 });
    await message.channel.sendTyping();
    const asked = await message.channel.send("Yes or no?");
    const reacting = asked.awaitReactions({ max: 1 });
    const answer = (await waiting).first();
    const reaction = (await reacting).first();
    const user = reaction.users.cache.first();
    return `${answer.author.username} said ${answer.content}, ${user.username} gave ${reaction.emoji.name}`;
  },

  async burst(message, count) {
    const sending = Array.from({ length: Number(count) }, (_, number) => message.channel.send(`burst ${number}`));
    return `${new Set((await Promise.all(sending)).map((each) => each.id)).size} sent`;
  },

  async clock(message) {
    const ticks = [];
    for (let tick = 0; tick < 3; tick += 1) {
      ticks.push(await message.channel.send(`tick ${tick}`));
      await sleep(50);
    }
    return `${ticks.length} ticks`;
  },

  async beyond(message) {
    const { channel, guild } = message;
    const requests = {
      "audit log": () => guild.fetchAuditLogs({ limit: 1 }),
      thread: () => message.startThread({ name: "aside" }),
      threads: () => channel.threads.fetchActive(),
      webhook: () => channel.createWebhook({ name: "hook" }),
      webhooks: () => guild.fetchWebhooks(),
      event: () => guild.scheduledEvents.fetch(),
      stickers: () => guild.stickers.fetch(),
      automod: () => guild.autoModerationRules.fetch(),
      prune: () => guild.members.prune({ days: 7, dry: true }),
      template: () => guild.fetchTemplates(),
    };
    const outcomes = [];
    for (const [name, request] of Object.entries(requests)) {
      const outcome = await request().then(
        () => "done",
        (error) => error.status ?? error.message,
      );
      outcomes.push(`${name} ${outcome}`);
    }
    return outcomes.join(", ");
  },

  async buttons(message) {
    const button = new ButtonBuilder().setCustomId("press").setLabel("Press").setStyle(ButtonStyle.Primary);
    try {
      await message.channel.send({ content: "press", components: [new ActionRowBuilder().addComponents(button)] });
    } catch (error) {
      return `refused with ${error.status} ${error.code}: ${error.message}`;
    }
    return "sent";
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

client.once(Events.ClientReady, async () => {
  await client.application.commands.set(definitions);
  const { channels } = client.guilds.cache.first();
  await channels.cache.find((channel) => channel.type === ChannelType.GuildText).send("At your service");
});

await client.login(process.env.DISCORD_TOKEN);
