"""A welcoming bot written with discord.py: greets who comes, hands out roles, knows who is there."""

import base64
import os

import discord

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Usher(discord.Client):
    def __init__(self):
        super().__init__(intents=discord.Intents.all(), activity=discord.Game("the doorbell"))
        self.uses = {}
        self.role_by_message = {}
        self.guest_role = None

    async def on_ready(self):
        guild = self.guilds[0]
        self.guest_role = await guild.create_role(name="Guest")
        self.uses = {invite.code: invite.uses for invite in await guild.invites()}
        await guild.text_channels[0].send("At your service")

    async def on_member_join(self, member):
        invites = await member.guild.invites()
        used = next((each for each in invites if each.uses > self.uses.get(each.code, 0)), None)
        self.uses = {invite.code: invite.uses for invite in invites}
        await member.add_roles(self.guest_role, reason="new here")
        embed = discord.Embed(title=f"Welcome {member.display_name}", timestamp=member.joined_at)
        embed.set_author(name=member.name, icon_url=member.display_avatar.url)
        embed.set_thumbnail(url=member.display_avatar.url)
        embed.add_field(name="Member", value=f"#{member.guild.member_count}")
        embed.add_field(name="Invited by", value=used.inviter.name if used else "nobody knows")
        await member.guild.system_channel.send(f"{member.mention} is here", embed=embed)

    async def on_raw_member_remove(self, payload):
        guild = self.get_guild(payload.guild_id)
        await guild.text_channels[0].send(f"{payload.user.name} has left, {guild.member_count} remain")

    async def on_invite_create(self, invite):
        self.uses[invite.code] = invite.uses
        print("invite made:", invite.code, invite.max_uses, flush=True)

    async def on_invite_delete(self, invite):
        self.uses.pop(invite.code, None)
        print("invite gone:", invite.code, flush=True)

    async def on_presence_update(self, before, after):
        print(f"{after.name} is {after.status}", flush=True)

    async def on_raw_reaction_add(self, payload):
        role = self.role_by_message.get(payload.message_id)
        if role is not None and payload.user_id != self.user.id:
            await payload.member.add_roles(role)

    async def on_raw_reaction_remove(self, payload):
        role = self.role_by_message.get(payload.message_id)
        if role is not None:
            await self.get_guild(payload.guild_id).get_member(payload.user_id).remove_roles(role)

    async def on_message(self, message):
        if message.author.bot or not message.content.startswith("!"):
            return
        name, *words = message.content[1:].split()
        try:
            await message.reply(await getattr(self, f"do_{name}")(message, *words))
        except Exception as error:
            await message.reply(f"failed: {error!r}")
            raise

    async def do_invite(self, message, uses):
        invite = await message.channel.create_invite(max_age=600, max_uses=int(uses), unique=True, reason="a party")
        fetched = await self.fetch_invite(invite.code, with_counts=True)
        return f"{fetched.code} to {fetched.guild.name} for {invite.max_uses}, {fetched.approximate_member_count} there"

    async def do_uninvite(self, message, code):
        await self.http.delete_invite(code)
        return f"left: {len(await message.channel.invites())}"

    async def do_roles(self, message):
        guild = message.guild
        emoji = await guild.create_custom_emoji(name="doorbell", image=PICTURE, reason="roles")
        await emoji.edit(name="doorbell_rings")
        role = await guild.create_role(name="Ringer")
        board = await message.channel.send("Ring for a role")
        self.role_by_message[board.id] = role
        fetched = await guild.fetch_emoji(emoji.id)
        await board.add_reaction(fetched)
        return f"{board.id} {role.id} {fetched} {len(await guild.fetch_emojis())}"

    async def do_rang(self, message, board_id):
        board = await message.channel.fetch_message(int(board_id))
        (reaction,) = board.reactions
        users = [user.name async for user in reaction.users()]
        await board.clear_reactions()
        return f"{reaction.count}: {' '.join(sorted(users))}"

    async def do_members(self, message):
        guild = message.guild
        chunked = {member.name for member in await guild.chunk()}
        listed = {member.name async for member in guild.fetch_members(limit=None)}
        counted = await self.fetch_guild(guild.id, with_counts=True)
        found = await guild.query_members("be", limit=5)
        asked = await guild.query_members(user_ids=[message.author.id], presences=True)
        return (
            f"{chunked == listed} {len(listed)} {counted.approximate_member_count} "
            f"{[member.name for member in found]} {[str(member.status) for member in asked]}"
        )

    async def do_look(self, message, user_id):
        user, member = await self.fetch_user(int(user_id)), await message.guild.fetch_member(int(user_id))
        icon = await user.display_avatar.read() if user.avatar else b""
        allowed = message.channel.permissions_for(member)
        return (
            f"{user.name} {[role.name for role in member.roles[1:]]} {len(icon)} "
            f"send={allowed.send_messages} manage={allowed.manage_guild}"
        )

    async def do_mood(self, message, text):
        await self.change_presence(status=discord.Status.idle, activity=discord.CustomActivity(text))
        return "changed"


Usher().run(os.environ["DISCORD_TOKEN"])
