"""A small community bot written with discord.py: greets, tidies up, whispers, reports and keeps count."""

import io
import os
import re

import discord
from discord import app_commands

intents = discord.Intents.default()
intents.message_content = True


class Steward(discord.Client):
    def __init__(self):
        super().__init__(intents=intents)
        self.tree = app_commands.CommandTree(self)
        self.numbers = []
        self.readies = 0
        self.resumes = 0
        self.announced = False

    async def on_ready(self):
        print("ready:", self.user, "in", [guild.name for guild in self.guilds], flush=True)
        self.readies += 1
        if self.announced:
            return
        self.announced = True
        guild = self.guilds[0]
        self.tree.copy_global_to(guild=guild)
        commands = await self.tree.sync(guild=guild)
        await guild.text_channels[0].send(
            f"At your service in {guild.name} ({guild.member_count} members) with /{commands[0].name}"
        )

    async def on_resumed(self):
        self.resumes += 1
        print("resumed", flush=True)

    async def on_message(self, message):
        if message.author == self.user:
            return
        if message.guild is None:
            await message.channel.send(f"You said {message.content}.")
        elif number := re.fullmatch(r"number (\d+)", message.content):
            self.numbers.append(int(number[1]))
        elif message.content == "!hello":
            await self.greet(message)
        elif message.content == "!tidy":
            draft = await message.channel.send("a draft")
            await draft.edit(content="the fair copy")
            await (await message.channel.send("a slip of the pen")).delete()
        elif message.content == "!whisper":
            await message.author.send(f"Between us, {message.author.display_name}: all is well.")
        elif message.content == "!tally":
            await message.reply(self.tally())

    def tally(self):
        once = sorted(set(self.numbers))
        twice = len(self.numbers) - len(once)
        order = "in order" if list(dict.fromkeys(self.numbers)) == once else f"out of order: {self.numbers}"
        return f"{len(once)} numbers, {twice} twice, {order}, {self.resumes} resumes, {self.readies} ready"

    async def greet(self, message):
        embed = discord.Embed(title="Welcome", description=f"Hello, {message.author.mention}!", colour=0x3366CC)
        embed.add_field(name="Channel", value=message.channel.name)
        embed.set_footer(text="the steward")
        file = discord.File(io.BytesIO(b"Mind the step.\n"), filename="rules.txt")
        reply = await message.reply("Come in!", embed=embed, file=file)
        await message.add_reaction("👋")
        print("attachment:", (await reply.attachments[0].read()).decode(), flush=True)


client = Steward()


@client.tree.command(description="Reports on a topic")
@app_commands.describe(topic="What to report on")
async def report(interaction, topic: str):
    if topic == "secrets":
        await interaction.response.send_message("Walls have ears.", ephemeral=True)
        return
    await interaction.response.defer(thinking=True)
    await interaction.edit_original_response(content=f"Report on {topic}: nothing to complain of.")
    await interaction.followup.send("Ask me again tomorrow.")


client.run(os.environ["DISCORD_TOKEN"])
