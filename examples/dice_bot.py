"""Throws dice: `/roll 2d6+1`. Needs discord.py; knows nothing of Hubbub."""

import os
import random
import re

import discord
from discord import app_commands

NOTATION = re.compile(r"(?P<count>\d{0,3})d(?P<sides>\d{1,4})(?P<bonus>[+-]\d{1,4})?")


class DiceBot(discord.Client):
    """A client with one slash command, offered in every guild that it is in."""

    def __init__(self):
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)

    async def setup_hook(self):
        """Offer the command everywhere."""
        await self.tree.sync()

    async def on_ready(self):
        """Say that the dice are on the table."""
        print(f"{self.user} is ready in {len(self.guilds)} guilds", flush=True)


client = DiceBot()


@client.tree.command()
@app_commands.describe(dice="Such as d20, 2d6 or 3d8+2")
async def roll(interaction: discord.Interaction, dice: str):
    """Throw some dice."""
    match = NOTATION.fullmatch(dice.strip().lower())
    if match is None or not int(match["sides"]):
        await interaction.response.send_message(f"I cannot throw {dice!r}. Try 2d6+1.", ephemeral=True)
        return
    throws = [random.randint(1, int(match["sides"])) for _ in range(int(match["count"] or 1))]  # noqa: S311 - a game
    total = sum(throws) + int(match["bonus"] or 0)
    embed = discord.Embed(title=f"{dice}: {total}", description=" + ".join(map(str, throws)), colour=0x7A5195)
    await interaction.response.send_message(embed=embed)


client.run(os.environ["DISCORD_TOKEN"])
