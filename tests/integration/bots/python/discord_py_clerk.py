"""A useful bot written with discord.py: slash commands of every kind, pictures, history, pins, and a clock."""

import asyncio
import base64
import io
import os
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands, tasks

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Clerk(commands.Bot):
    def __init__(self):
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(command_prefix="!", intents=intents, help_command=None)

    async def setup_hook(self):
        self.tree.add_command(Note())
        await self.tree.sync()

    async def on_ready(self):
        print("listed:", [command.name for command in await self.tree.fetch_commands()], flush=True)
        await self.guilds[0].text_channels[0].send("At your service")

    async def on_command_error(self, ctx, error):
        await ctx.reply(f"failed: {error!r}")


bot = Clerk()


def picture(name):
    return discord.File(io.BytesIO(PICTURE), filename=name, description=f"a dot called {name}")


@bot.tree.command(description="Orders a dish")
@app_commands.choices(size=[app_commands.Choice(name="Small", value=1), app_commands.Choice(name="Large", value=2)])
async def order(
    interaction,
    dish: Literal["soup", "salad"],
    count: app_commands.Range[int, 1, 10],
    price: float,
    warm: bool,
    guest: discord.Member,
    table: discord.TextChannel,
    rank: discord.Role,
    bill: discord.Member | discord.Role,
    size: app_commands.Choice[int],
    wish: app_commands.Range[str, 1, 20] = "none",
):
    await interaction.response.send_message(
        f"{count} {size.name} {dish} at {price} warm={warm} for {guest.display_name} in {table.name} "
        f"as {rank.name} on {bill.name}, wish: {wish}",
        allowed_mentions=discord.AllowedMentions.none(),
    )


class Note(app_commands.Group):
    def __init__(self):
        super().__init__(name="note", description="Keeps notes")
        self.notes = []

    tag = app_commands.Group(name="tag", description="Marks notes")

    @app_commands.command(description="Adds a note")
    async def add(self, interaction, text: str):
        self.notes.append(text)
        await interaction.response.send_message(f"{len(self.notes)} notes")

    @tag.command(name="set", description="Marks a note")
    async def tag_set(self, interaction, number: int):
        self.notes[number - 1] += " *"
        await interaction.response.send_message("; ".join(self.notes))


@bot.tree.command(description="Looks into the archive")
async def archive(interaction, word: str):
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.edit_original_response(content=f"Looking for {word}")
    further = await interaction.followup.send("a page", file=picture("page.png"), wait=True)
    await further.edit(content="another page", attachments=[])
    lost = await interaction.followup.send("a lost page", wait=True)
    await lost.delete()
    original = await interaction.original_response()
    await interaction.edit_original_response(content=f"{original.content}: found")


@archive.autocomplete("word")
async def archive_words(interaction, current):
    return [app_commands.Choice(name=current, value=current)]


@bot.tree.command(description="Draws a dot")
async def draw(interaction):
    embed = discord.Embed(title="A dot").set_image(url="attachment://dot.png").set_thumbnail(url="attachment://dot.png")
    seen = asyncio.create_task(bot.wait_for("message", check=lambda message: message.content == "seen"))
    await interaction.response.send_message(embed=embed, file=picture("dot.png"))
    await seen
    await interaction.edit_original_response(content="redrawn", attachments=[picture("dash.png")], embeds=[])


@bot.tree.command(description="Reads a file")
async def scan(interaction, file: discord.Attachment):
    await interaction.response.send_message(file.filename)


@bot.tree.command(description="For the staff")
@app_commands.default_permissions(manage_guild=True)
@app_commands.guild_only()
async def staff(interaction):
    await interaction.response.send_message("hello, staff", delete_after=0.1)


@bot.tree.context_menu()
async def quote(interaction, message: discord.Message):
    await interaction.response.send_message(f"> {message.content}")


@bot.tree.context_menu()
async def greet(interaction, member: discord.Member):
    await interaction.response.send_message(f"Hello, {member.name}!")


@bot.command()
async def history(ctx):
    sent = [await ctx.send(f"line {number}") for number in range(5)]
    before = [each.content[-1] async for each in ctx.channel.history(limit=2, before=sent[3])]
    after = [each.content[-1] async for each in ctx.channel.history(after=sent[1], oldest_first=True)]
    around = [each.content[-1] async for each in ctx.channel.history(limit=3, around=sent[2])]
    await ctx.reply(f"{''.join(before)} {''.join(after)} {''.join(sorted(around))}")


@bot.command()
async def pins(ctx):
    first, second = await ctx.send("to keep"), await ctx.send("to keep too")
    await first.pin(reason="important")
    await second.pin()
    pinned = [each.content async for each in ctx.channel.pins()]
    await second.unpin()
    await ctx.reply(f"{', '.join(pinned)}; then {len([each async for each in ctx.channel.pins()])}")


@bot.command()
async def gallery(ctx):
    embed = discord.Embed().set_image(url="attachment://b.png")
    message = await ctx.send("gallery", files=[picture("a.png"), picture("b.png")], embed=embed)
    read = await message.attachments[0].read()
    message = await message.edit(attachments=[message.attachments[0], picture("c.png")], embed=None)
    message = await message.add_files(picture("d.png"))
    names = [each.filename for each in message.attachments]
    message = await message.remove_attachments(message.attachments[0])
    await ctx.reply(
        f"{read[:8] == PICTURE[:8]} {names} then {len(message.attachments)}: {message.attachments[0].description}"
    )


@bot.command()
async def question(ctx):
    answers = bot.wait_for("message", check=lambda each: each.author == ctx.author and each.content == "yes")
    reactions = bot.wait_for("reaction_add", check=lambda _, user: not user.bot)
    async with ctx.typing():
        await ctx.send("Yes or no?")
    answer = await answers
    reaction, user = await reactions
    await ctx.reply(f"{answer.author.name} said {answer.content}, {user.name} gave {reaction.emoji}")


@bot.command()
async def burst(ctx, count: int):
    sent = await asyncio.gather(*(ctx.send(f"burst {number}") for number in range(count)))
    await ctx.reply(f"{len({each.id for each in sent})} sent")


@bot.command()
async def clock(ctx):
    ticks = []

    @tasks.loop(seconds=0.05, count=3)
    async def tick():
        ticks.append(await ctx.send(f"tick {tick.current_loop}"))

    await tick.start()
    await ctx.reply(f"{len(ticks)} ticks")


@bot.command()
async def beyond(ctx):
    """Ask for what this server does not have."""
    guild, channel = ctx.guild, ctx.channel
    requests = {
        "audit log": lambda: anext(guild.audit_logs(limit=1)),
        "thread": lambda: ctx.message.create_thread(name="aside"),
        "threads": guild.active_threads,
        "webhook": lambda: channel.create_webhook(name="hook"),
        "webhooks": guild.webhooks,
        "event": guild.fetch_scheduled_events,
        "stickers": guild.fetch_stickers,
        "automod": guild.fetch_automod_rules,
        "prune": lambda: guild.estimate_pruned_members(days=7),
        "template": guild.templates,
    }
    answers = []
    for name, request in requests.items():
        try:
            await request()
        except discord.HTTPException as error:
            answers.append(f"{name} {error.status}")
        else:
            answers.append(f"{name} done")
    await ctx.reply(", ".join(answers))


@bot.command()
async def buttons(ctx):
    view = discord.ui.View()
    view.add_item(discord.ui.Button(label="Press"))
    try:
        await ctx.send("press", view=view)
    except discord.HTTPException as error:
        await ctx.reply(f"refused with {error.status} {error.code}: {error.text}")


bot.run(os.environ["DISCORD_TOKEN"])
