"""A small community bot written with hikari: greets, tidies up, whispers, reports and keeps count."""

import os
import re

import hikari

bot = hikari.GatewayBot(
    os.environ["DISCORD_TOKEN"],
    intents=hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT,
    banner=None,
)
numbers = []
state = {"resumes": 0, "readies": 0, "announced": False}


@bot.listen()
async def on_guild(event: hikari.GuildAvailableEvent):
    print("guild:", event.guild.name, flush=True)
    if state["announced"]:
        return
    state["announced"] = True
    application = await bot.rest.fetch_application()
    builder = bot.rest.slash_command_builder("report", "Reports on a topic")
    builder.add_option(
        hikari.CommandOption(
            type=hikari.OptionType.STRING, name="topic", description="What to report on", is_required=True
        )
    )
    commands = await bot.rest.set_application_commands(application, [builder], guild=event.guild)
    channel = min(
        (channel for channel in event.channels.values() if isinstance(channel, hikari.GuildTextChannel)),
        key=lambda channel: channel.position,
    )
    await channel.send(
        f"At your service in {event.guild.name} ({event.guild.member_count} members) with /{commands[0].name}"
    )


@bot.listen()
async def on_ready(event: hikari.ShardReadyEvent):
    state["readies"] += 1


@bot.listen()
async def on_direct_message(event: hikari.DMMessageCreateEvent):
    if not event.is_bot:
        await event.message.respond(f"You said {event.content}.")


@bot.listen()
async def on_resumed(event: hikari.ShardResumedEvent):
    state["resumes"] += 1
    print("resumed", flush=True)


@bot.listen()
async def on_message(event: hikari.GuildMessageCreateEvent):
    if event.is_bot or not event.content:
        return
    channel = event.channel_id
    if number := re.fullmatch(r"number (\d+)", event.content):
        numbers.append(int(number[1]))
    elif event.content == "!hello":
        await greet(event)
    elif event.content == "!tidy":
        draft = await bot.rest.create_message(channel, "a draft")
        await draft.edit("the fair copy")
        await (await bot.rest.create_message(channel, "a slip of the pen")).delete()
    elif event.content == "!whisper":
        await event.author.send(f"Between us, {event.author.display_name}: all is well.")
    elif event.content == "!tally":
        await event.message.respond(tally(), reply=True)


def tally():
    once = sorted(set(numbers))
    twice = len(numbers) - len(once)
    order = "in order" if list(dict.fromkeys(numbers)) == once else f"out of order: {numbers}"
    return f"{len(once)} numbers, {twice} twice, {order}, {state['resumes']} resumes, {state['readies']} ready"


async def greet(event):
    embed = hikari.Embed(title="Welcome", description=f"Hello, {event.author.mention}!", color=0x3366CC)
    embed.add_field("Channel", event.get_channel().name)
    embed.set_footer("the steward")
    reply = await event.message.respond(
        "Come in!", embed=embed, attachment=hikari.Bytes("Mind the step.\n", "rules.txt"), reply=True
    )
    await event.message.add_reaction("👋")
    print("attachment:", (await reply.attachments[0].read()).decode(), flush=True)


@bot.listen()
async def on_interaction(event: hikari.InteractionCreateEvent):
    interaction = event.interaction
    if isinstance(interaction, hikari.CommandInteraction) and interaction.command_name == "report":
        topic = interaction.options[0].value
        if topic == "secrets":
            await interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_CREATE, "Walls have ears.", flags=hikari.MessageFlag.EPHEMERAL
            )
            return
        await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        await interaction.edit_initial_response(f"Report on {topic}: nothing to complain of.")
        await interaction.execute("Ask me again tomorrow.")


bot.run(check_for_updates=False)
