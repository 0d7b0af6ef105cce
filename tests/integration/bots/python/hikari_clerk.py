"""A useful bot written with hikari: slash commands of every kind, pictures, history, pins, and a clock."""

import asyncio
import base64
import os

import hikari

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Kind = hikari.OptionType

bot = hikari.GatewayBot(
    os.environ["DISCORD_TOKEN"],
    intents=hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT,
    banner=None,
)
commands, answers, notes = {}, {}, []


def command(function):
    commands[function.__name__] = function
    return function


def answer(function):
    answers[function.__name__] = function
    return function


def picture(name):
    return hikari.Bytes(PICTURE, name)


def option(name, kind, **more):
    return hikari.CommandOption(type=kind, name=name, description=name, is_required=True, **more)


def choices(**values):
    return [hikari.CommandChoice(name=name, value=value) for name, value in values.items()]


def definitions():
    def slash(name, *options):
        builder = bot.rest.slash_command_builder(name, f"Does {name}")
        for each in options:
            builder.add_option(each)
        return builder

    wish = hikari.CommandOption(type=Kind.STRING, name="wish", description="wish", min_length=1, max_length=20)
    order_options = [
        option("dish", Kind.STRING, choices=choices(soup="soup", salad="salad")),
        option("count", Kind.INTEGER, min_value=1, max_value=10),
        option("price", Kind.FLOAT),
        option("warm", Kind.BOOLEAN),
        option("guest", Kind.USER),
        option("table", Kind.CHANNEL, channel_types=[hikari.ChannelType.GUILD_TEXT]),
        option("rank", Kind.ROLE),
        option("bill", Kind.MENTIONABLE),
        option("size", Kind.INTEGER, choices=choices(Small=1, Large=2)),
        wish,
    ]
    add = hikari.CommandOption(
        type=Kind.SUB_COMMAND, name="add", description="Adds", options=[option("text", Kind.STRING)]
    )
    put = hikari.CommandOption(
        type=Kind.SUB_COMMAND, name="set", description="Marks", options=[option("number", Kind.INTEGER)]
    )
    tag = hikari.CommandOption(type=Kind.SUB_COMMAND_GROUP, name="tag", description="Marks", options=[put])
    staff_only = slash("staff").set_default_member_permissions(hikari.Permissions.MANAGE_GUILD)
    return [
        slash("order", *order_options),
        slash("note", add, tag),
        slash("archive", option("word", Kind.STRING, autocomplete=True)),
        slash("draw"),
        slash("scan", option("file", Kind.ATTACHMENT)),
        staff_only,
        bot.rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Quote"),
        bot.rest.context_menu_command_builder(hikari.CommandType.USER, "Greet"),
    ]


@bot.listen()
async def on_guild(event: hikari.GuildAvailableEvent):
    application = await bot.rest.fetch_application()
    await bot.rest.set_application_commands(application, definitions())
    hall = next(each for each in event.channels.values() if isinstance(each, hikari.GuildTextChannel))
    await hall.send("At your service")


@bot.listen()
async def on_interaction(event: hikari.InteractionCreateEvent):
    if isinstance(event.interaction, hikari.CommandInteraction):
        await answers[event.interaction.command_name.lower()](event.interaction)


async def say(interaction, content, **more):
    await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, content, **more)


@answer
async def order(interaction):
    given = {each.name: each.value for each in interaction.options}
    resolved = interaction.resolved
    size = ["", "Small", "Large"][given["size"]]
    guest, table = resolved.members[given["guest"]], resolved.channels[given["table"]]
    rank, bill = resolved.roles[given["rank"]], given["bill"]
    payer = resolved.members[bill].display_name if bill in resolved.members else resolved.roles[bill].name
    await say(
        interaction,
        f"{given['count']} {size} {given['dish']} at {given['price']} warm={given['warm']} "
        f"for {guest.display_name} in {table.name} as {rank.name} on {payer}, wish: {given.get('wish', 'none')}",
        role_mentions=False,
    )


@answer
async def note(interaction):
    (chosen,) = interaction.options
    if chosen.name == "add":
        notes.append(chosen.options[0].value)
        await say(interaction, f"{len(notes)} notes")
    else:
        notes[chosen.options[0].options[0].value - 1] += " *"
        await say(interaction, "; ".join(notes))


@answer
async def archive(interaction):
    await interaction.create_initial_response(
        hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=hikari.MessageFlag.EPHEMERAL
    )
    await interaction.edit_initial_response(f"Looking for {interaction.options[0].value}")
    further = await interaction.execute("a page", attachment=picture("page.png"))
    await interaction.edit_message(further, "another page", attachments=None)
    lost = await interaction.execute("a lost page")
    await interaction.delete_message(lost)
    original = await interaction.fetch_initial_response()
    await interaction.edit_initial_response(f"{original.content}: found")


@answer
async def draw(interaction):
    embed = hikari.Embed(title="A dot").set_image(picture("dot.png"))
    told = hikari.GuildMessageCreateEvent
    seen = asyncio.create_task(bot.wait_for(told, timeout=60, predicate=lambda event: event.content == "seen"))
    await say(interaction, hikari.UNDEFINED, embed=embed)
    await seen
    await interaction.edit_initial_response("redrawn", attachment=picture("dash.png"), embed=None)


@answer
async def staff(interaction):
    await say(interaction, "hello, staff")
    await asyncio.sleep(0.1)
    await interaction.delete_initial_response()


@answer
async def quote(interaction):
    (message,) = interaction.resolved.messages.values()
    await say(interaction, f"> {message.content}")


@answer
async def greet(interaction):
    await say(interaction, f"Hello, {interaction.resolved.users[interaction.target_id].username}!")


@command
async def history(event):
    channel = event.channel_id
    sent = [await bot.rest.create_message(channel, f"line {number}") for number in range(5)]
    before = [each.content[-1] for each in await bot.rest.fetch_messages(channel, before=sent[3]).limit(2)]
    after = [each.content[-1] async for each in bot.rest.fetch_messages(channel, after=sent[1])]
    around = [each async for each in bot.rest.fetch_messages(channel, around=sent[2]).limit(9)]
    near = sorted(each.content[-1] for each in around if each in sent[1:4])
    return f"{''.join(before)} {''.join(after)} {''.join(near)}"


@command
async def pins(event):
    channel = event.channel_id
    first, second = [await bot.rest.create_message(channel, text) for text in ("to keep", "to keep too")]
    await bot.rest.pin_message(channel, first)
    await bot.rest.pin_message(channel, second)
    pinned = [each.message.content async for each in bot.rest.fetch_pins(channel)]
    await bot.rest.unpin_message(channel, second)
    return f"{', '.join(pinned)}; then {len([each async for each in bot.rest.fetch_pins(channel)])}"


@command
async def gallery(event):
    embed = hikari.Embed().set_image(picture("b.png"))
    message = await bot.rest.create_message(event.channel_id, "gallery", attachment=picture("a.png"), embed=embed)
    read = await message.attachments[0].read()
    message = await message.edit(attachments=[message.attachments[0], picture("c.png")], embed=None)
    message = await message.edit(attachments=[*message.attachments, picture("d.png")])
    names = [each.filename for each in message.attachments]
    message = await message.edit(attachments=message.attachments[1:])
    return f"{read[:8] == PICTURE[:8]} {names} then {len(message.attachments)}: {message.attachments[0].filename}"


@command
async def question(event):
    def is_yes(each):
        return each.author_id == event.author_id and each.content == "yes"

    def is_from_someone(each):
        return each.user_id != bot.get_me().id

    answering = asyncio.create_task(bot.wait_for(hikari.GuildMessageCreateEvent, 30, is_yes))
    reacting = asyncio.create_task(bot.wait_for(hikari.GuildReactionAddEvent, 30, is_from_someone))
    await asyncio.sleep(0)
    async with bot.rest.trigger_typing(event.channel_id):
        await bot.rest.create_message(event.channel_id, "Yes or no?")
    told, given = await answering, await reacting
    return f"{told.author.username} said {told.content}, {given.member.username} gave {given.emoji_name}"


@command
async def burst(event, count):
    sending = (bot.rest.create_message(event.channel_id, f"burst {number}") for number in range(int(count)))
    return f"{len({each.id for each in await asyncio.gather(*sending)})} sent"


@command
async def clock(event):
    ticks = []
    for number in range(3):
        ticks.append(await bot.rest.create_message(event.channel_id, f"tick {number}"))
        await asyncio.sleep(0.05)
    return f"{len(ticks)} ticks"


@command
async def beyond(event):
    guild, channel, rest = event.guild_id, event.channel_id, bot.rest
    requests = {
        "audit log": lambda: anext(aiter(rest.fetch_audit_log(guild))),
        "thread": lambda: rest.create_message_thread(channel, event.message, "aside"),
        "threads": lambda: rest.fetch_active_threads(guild),
        "webhook": lambda: rest.create_webhook(channel, "hook"),
        "webhooks": lambda: rest.fetch_guild_webhooks(guild),
        "event": lambda: rest.fetch_scheduled_events(guild),
        "stickers": lambda: rest.fetch_guild_stickers(guild),
        "automod": lambda: rest.fetch_auto_mod_rules(guild),
        "prune": lambda: rest.estimate_guild_prune_count(guild),
        "template": lambda: rest.fetch_guild_templates(guild),
    }
    outcomes = []
    for name, request in requests.items():
        try:
            await request()
        except hikari.HTTPResponseError as error:
            outcomes.append(f"{name} {int(error.status)}")
        else:
            outcomes.append(f"{name} done")
    return ", ".join(outcomes)


@command
async def buttons(event):
    row = bot.rest.build_message_action_row().add_interactive_button(hikari.ButtonStyle.PRIMARY, "press", label="Press")
    try:
        await bot.rest.create_message(event.channel_id, "press", component=row)
    except hikari.BadRequestError as error:
        return f"refused with {int(error.status)} {error.code}: {error.message}"
    return "sent"


@bot.listen()
async def on_message(event: hikari.GuildMessageCreateEvent):
    if event.is_bot or not (event.content or "").startswith("!"):
        return
    name, *words = event.content[1:].split()
    try:
        told = await commands[name](event, *words)
    except Exception as error:
        told = f"failed: {error!r}"
        raise
    finally:
        await event.message.respond(told, reply=True)


bot.run(check_for_updates=False)
