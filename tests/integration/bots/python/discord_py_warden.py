"""A moderation bot written with discord.py's command extension: removes, silences, tidies up and keeps a log."""

import os
from datetime import timedelta

import discord
from discord.ext import commands

intents = discord.Intents.default()
intents.message_content = True
intents.members = True


class Warden(commands.Bot):
    def __init__(self):
        super().__init__(command_prefix="!", intents=intents, help_command=None)

    async def setup_hook(self):
        await self.add_cog(Removals(self))
        await self.add_cog(Rooms(self))
        await self.add_cog(Log(self))

    async def on_ready(self):
        await self.guilds[0].text_channels[0].send("At your service")

    async def on_command_error(self, ctx, error):
        await ctx.reply(f"failed: {error!r}")


class Removals(commands.Cog):
    def __init__(self, bot):
        self.bot = bot

    @commands.command()
    @commands.has_guild_permissions(kick_members=True)
    @commands.bot_has_guild_permissions(kick_members=True)
    async def kick(self, ctx, member: discord.Member, *, reason):
        await member.kick(reason=reason)
        await ctx.reply(f"kicked {member.display_name}")

    @commands.command()
    @commands.has_guild_permissions(ban_members=True)
    async def ban(self, ctx, member: discord.Member, seconds: int, *, reason):
        await member.ban(delete_message_seconds=seconds, reason=reason)
        await ctx.reply(f"banned {member.display_name}")

    @commands.command()
    async def bans(self, ctx):
        entries = [entry async for entry in ctx.guild.bans(limit=100)]
        await ctx.reply("; ".join(f"{entry.user.name}: {entry.reason}" for entry in entries) or "nobody")

    @commands.command()
    async def unban(self, ctx, user: discord.User):
        entry = await ctx.guild.fetch_ban(user)
        await ctx.guild.unban(user, reason="served")
        await ctx.reply(f"unbanned {entry.user.name}")

    @commands.command()
    async def banall(self, ctx, *users: discord.User):
        result = await ctx.guild.bulk_ban(users, reason="raid", delete_message_seconds=60)
        await ctx.reply(f"banned {len(result.banned)}, failed {len(result.failed)}")

    @commands.command()
    async def timeout(self, ctx, member: discord.Member, minutes: int):
        after = await member.edit(timed_out_until=discord.utils.utcnow() + timedelta(minutes=minutes))
        await ctx.reply(f"{member.display_name} is timed out: {after.is_timed_out()}")

    @commands.command()
    async def forgive(self, ctx, member: discord.Member):
        await member.timeout(None, reason="said sorry")
        await ctx.reply(f"{member.display_name} may talk")

    @commands.command()
    async def purge(self, ctx, count: int):
        gone = await ctx.channel.purge(limit=count, before=ctx.message, check=lambda each: not each.pinned, bulk=True)
        await ctx.reply(f"purged {len(gone)}")

    @commands.command()
    async def nick(self, ctx, member: discord.Member, *, nick):
        await member.edit(nick=nick, reason="as agreed")
        await ctx.guild.me.edit(nick="the warden")
        await ctx.reply(f"now {(await ctx.guild.fetch_member(member.id)).nick}")

    @commands.command()
    async def owner(self, ctx):
        try:
            await ctx.guild.owner.kick()
        except discord.Forbidden as error:
            await ctx.reply(f"refused with {error.status} {error.code}")


class Rooms(commands.Cog):
    def __init__(self, bot):
        self.bot = bot

    @commands.command()
    async def slow(self, ctx, seconds: int):
        channel = await ctx.channel.edit(slowmode_delay=seconds, topic="quietly", reason="too loud")
        await ctx.reply(f"slow mode: {channel.slowmode_delay}")

    @commands.command()
    async def lock(self, ctx, member: discord.Member):
        channel = ctx.channel
        await channel.set_permissions(ctx.guild.default_role, send_messages=False, add_reactions=False, reason="night")
        await channel.set_permissions(ctx.guild.me, send_messages=True)
        channel = await self.bot.fetch_channel(channel.id)
        await ctx.reply(f"may send: {channel.permissions_for(member).send_messages}")

    @commands.command()
    async def unlock(self, ctx):
        await ctx.channel.set_permissions(ctx.guild.default_role, overwrite=None)
        await ctx.reply("unlocked")

    @commands.command()
    async def role(self, ctx, member: discord.Member, *, name):
        role = await ctx.guild.create_role(
            name=name,
            colour=discord.Colour.gold(),
            hoist=True,
            mentionable=True,
            permissions=discord.Permissions(kick_members=True),
            reason="promotion",
        )
        below = await ctx.guild.create_role(name=f"{name}'s aide")
        await member.add_roles(role, below, reason="promotion")
        await member.remove_roles(below)
        await ctx.guild.edit_role_positions({role: 2, below: 1}, reason="order")
        role = await role.edit(name=f"Chief {name}", colour=0x123456)
        await below.delete(reason="saving")
        member = await ctx.guild.fetch_member(member.id)
        await ctx.reply(f"{member.top_role.name} above {role.position - 1}")

    @commands.command()
    async def room(self, ctx, *, name):
        hidden = {
            ctx.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            ctx.guild.me: discord.PermissionOverwrite(view_channel=True, manage_channels=True),
        }
        category = await ctx.guild.create_category("Staff", overwrites=hidden, reason="privacy")
        text = await category.create_text_channel(name, topic="for staff", slowmode_delay=5, nsfw=False)
        voice = await ctx.guild.create_voice_channel("Tower", category=category, bitrate=64000, user_limit=4)
        await text.move(end=True)
        await text.edit(name=f"{name}-room", sync_permissions=True)
        copy = await text.clone(name="copy")
        await copy.delete(reason="one too many")
        synced = (await self.bot.fetch_channel(text.id)).permissions_synced
        await voice.delete()
        await ctx.reply(f"made {text.id} in {category.name}, synced: {synced}")


class Log(commands.Cog):
    def __init__(self, bot):
        self.bot = bot
        self.entries = set()

    @commands.command()
    async def log(self, ctx):
        await ctx.reply(" ".join(sorted(self.entries)))

    @commands.Cog.listener()
    async def on_member_remove(self, member):
        self.entries.add("leave")

    @commands.Cog.listener()
    async def on_member_ban(self, guild, user):
        self.entries.add("ban")

    @commands.Cog.listener()
    async def on_member_unban(self, guild, user):
        self.entries.add("unban")

    @commands.Cog.listener()
    async def on_member_update(self, before, after):
        changes = {"nick": "nick", "roles": "roles", "timed_out_until": "timeout"}
        self.entries |= {entry for name, entry in changes.items() if getattr(before, name) != getattr(after, name)}

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload):
        self.entries.add("bulk")

    @commands.Cog.listener()
    async def on_guild_role_create(self, role):
        self.entries.add("role+")

    @commands.Cog.listener()
    async def on_guild_role_update(self, before, after):
        self.entries.add("role~")

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role):
        self.entries.add("role-")

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel):
        self.entries.add("channel+")

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before, after):
        self.entries.add("channel~")

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel):
        self.entries.add("channel-")


Warden().run(os.environ["DISCORD_TOKEN"])
