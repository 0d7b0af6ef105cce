"""Says again what it is told to: the smallest bot there is. Write `!echo hello` in a channel that it sees."""

import os

import discord

intents = discord.Intents.default()
intents.message_content = True
client = discord.Client(intents=intents)


@client.event
async def on_message(message: discord.Message) -> None:
    """Reply to `!echo TEXT` with TEXT."""
    if message.author != client.user and message.content.startswith("!echo "):
        await message.reply(message.content.removeprefix("!echo "))


client.run(os.environ["DISCORD_TOKEN"])
