"""A bot written with discord.py that spreads its guilds over two shards, where no zstandard is installed."""

import os
import sys

# As on a machine without it: the library falls back to zlib.
sys.modules["zstandard"] = None

import discord  # noqa: E402
from discord.ext import commands  # noqa: E402

intents = discord.Intents.default()
intents.message_content = True
bot = commands.AutoShardedBot(command_prefix="!", intents=intents, shard_count=2)


async def greet(guild):
    await guild.text_channels[0].send(f"At your service on shard {guild.shard_id} of {bot.shard_count}")


@bot.event
async def on_ready():
    for guild in bot.guilds:
        await greet(guild)


@bot.event
async def on_guild_join(guild):
    await greet(guild)


@bot.command()
async def shard(ctx):
    is_open = not bot.get_shard(ctx.guild.shard_id).is_closed()
    await ctx.reply(f"shard {ctx.guild.shard_id} of {len(bot.shards)}, open: {is_open}")


@bot.listen()
async def on_message(message):
    if message.guild is None and not message.author.bot:
        await message.channel.send(f"You said {message.content}.")


bot.run(os.environ["DISCORD_TOKEN"])
