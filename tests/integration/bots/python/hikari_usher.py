"""A welcoming bot written with hikari: greets who comes, hands out roles, knows who is there."""

import base64
import os

import hikari

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

bot = hikari.GatewayBot(os.environ["DISCORD_TOKEN"], intents=hikari.Intents.ALL, banner=None)
uses = {}
role_by_message = {}
places = {}
commands = {}


def command(function):
    commands[function.__name__] = function
    return function


@bot.listen()
async def on_guild(event: hikari.GuildAvailableEvent):
    if places:
        return
    places["hall"] = next(each for each in event.channels.values() if isinstance(each, hikari.GuildTextChannel))
    places["role"] = await bot.rest.create_role(event.guild, name="Guest")
    uses.update({invite.code: invite.uses for invite in await bot.rest.fetch_guild_invites(event.guild)})
    await places["hall"].send("At your service")


def count(event):
    """Return how many members the cache knows, which asked for all of them at the start."""
    return len(bot.cache.get_members_view_for_guild(event.guild_id))


@bot.listen()
async def on_join(event: hikari.MemberCreateEvent):
    member = event.member
    invites = await bot.rest.fetch_guild_invites(event.guild_id)
    used = next((each for each in invites if each.uses > uses.get(each.code, 0)), None)
    uses.update({invite.code: invite.uses for invite in invites})
    await member.add_role(places["role"], reason="new here")
    embed = hikari.Embed(title=f"Welcome {member.display_name}", timestamp=member.joined_at)
    embed.set_author(name=member.username, icon=member.display_avatar_url)
    embed.set_thumbnail(member.display_avatar_url)
    embed.add_field("Member", f"#{count(event)}")
    embed.add_field("Invited by", used.inviter.username if used else "nobody knows")
    await places["hall"].send(f"{member.mention} is here", embed=embed, user_mentions=[member])


@bot.listen()
async def on_leave(event: hikari.MemberDeleteEvent):
    await places["hall"].send(f"{event.user.username} has left, {count(event)} remain")


@bot.listen()
async def on_invite(event: hikari.InviteCreateEvent):
    uses[event.code] = event.invite.uses
    print("invite made:", event.code, event.invite.max_uses, flush=True)


@bot.listen()
async def on_uninvite(event: hikari.InviteDeleteEvent):
    print("invite gone:", event.code, flush=True)


@bot.listen()
async def on_presence(event: hikari.PresenceUpdateEvent):
    user = event.user or bot.cache.get_user(event.user_id)
    print(f"{user.username} is {event.presence.visible_status}", flush=True)


@bot.listen()
async def on_reaction(event: hikari.GuildReactionAddEvent):
    role = role_by_message.get(event.message_id)
    if role and event.user_id != bot.get_me().id:
        await event.member.add_role(role)


@bot.listen()
async def on_reaction_gone(event: hikari.GuildReactionDeleteEvent):
    role = role_by_message.get(event.message_id)
    if role:
        await bot.rest.remove_role_from_member(event.guild_id, event.user_id, role)


@command
async def invite(event, max_uses):
    made = await bot.rest.create_invite(event.channel_id, max_age=600, max_uses=int(max_uses), unique=True)
    fetched = await bot.rest.fetch_invite(made.code, with_counts=True)
    return f"{fetched.code} to {fetched.guild.name} for {made.max_uses}, {fetched.approximate_member_count} there"


@command
async def uninvite(event, code):
    await bot.rest.delete_invite(code)
    return f"left: {len(await bot.rest.fetch_channel_invites(event.channel_id))}"


@command
async def roles(event):
    guild = event.guild_id
    emoji = await bot.rest.create_emoji(guild, "doorbell", hikari.Bytes(PICTURE, "doorbell.png"), reason="roles")
    await bot.rest.edit_emoji(guild, emoji, name="doorbell_rings")
    role = await bot.rest.create_role(guild, name="Ringer")
    board = await bot.rest.create_message(event.channel_id, "Ring for a role")
    role_by_message[board.id] = role
    fetched = await bot.rest.fetch_emoji(guild, emoji)
    await board.add_reaction(fetched)
    return f"{board.id} {role.id} {fetched.mention} {len(await bot.rest.fetch_guild_emojis(guild))}"


@command
async def rang(event, board_id):
    board = await bot.rest.fetch_message(event.channel_id, int(board_id))
    (reaction,) = board.reactions
    users = [
        user.username async for user in bot.rest.fetch_reactions_for_emoji(board.channel_id, board, reaction.emoji)
    ]
    await board.remove_all_reactions()
    return f"{reaction.count}: {' '.join(sorted(users))}"


async def chunk(guild, **request):
    """Return the members that the gateway sends on request."""
    nonce = f"n{len(commands)}"
    with bot.stream(hikari.MemberChunkEvent, timeout=5).filter(lambda each: each.nonce == nonce) as stream:
        await bot.request_guild_members(guild, nonce=nonce, **request)
        return (await stream.next()).members.values()


@command
async def members(event):
    guild = event.guild_id
    chunked = {member.username for member in await chunk(guild, query="", limit=0)}
    listed = {member.username async for member in bot.rest.fetch_members(guild)}
    counted = await bot.rest.fetch_guild(guild)
    found = [member.username for member in await bot.rest.search_members(guild, "be")]
    asked = [member.id for member in await chunk(guild, users=[event.author_id], include_presences=True)]
    presence = bot.cache.get_presence(guild, event.author_id)
    statuses = [str(presence.visible_status)] if asked == [event.author_id] else []
    return f"{chunked == listed} {len(listed)} {counted.approximate_member_count} {found} {statuses}"


@command
async def look(event, user_id):
    user = await bot.rest.fetch_user(int(user_id))
    member = await bot.rest.fetch_member(event.guild_id, int(user_id))
    icon = await user.make_avatar_url(file_format="png").read() if user.avatar_hash else b""
    names = [role.name for role in await member.fetch_roles() if role.id != event.guild_id]
    everyone = bot.cache.get_role(event.guild_id).permissions
    send, manage = hikari.Permissions.SEND_MESSAGES, hikari.Permissions.MANAGE_GUILD
    return f"{user.username} {names} {len(icon)} send={bool(everyone & send)} manage={bool(everyone & manage)}"


@command
async def mood(event, text):
    activity = hikari.Activity(name=text, state=text, type=hikari.ActivityType.CUSTOM)
    await bot.update_presence(status=hikari.Status.IDLE, activity=activity)
    return "changed"


@bot.listen()
async def on_message(event: hikari.GuildMessageCreateEvent):
    if event.is_bot or not (event.content or "").startswith("!"):
        return
    name, *words = event.content[1:].split()
    try:
        answer = await commands[name](event, *words)
    except Exception as error:
        answer = f"failed: {error!r}"
        raise
    finally:
        await event.message.respond(answer, reply=True)


bot.run(check_for_updates=False, activity=hikari.Activity(name="the doorbell"))
