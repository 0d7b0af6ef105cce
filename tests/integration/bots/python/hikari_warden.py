"""A moderation bot written with hikari: removes, silences, tidies up and keeps a log."""

import os
from datetime import UTC, datetime, timedelta

import hikari

Intents = hikari.Intents
bot = hikari.GatewayBot(
    os.environ["DISCORD_TOKEN"],
    intents=Intents.ALL_UNPRIVILEGED | Intents.MESSAGE_CONTENT | Intents.GUILD_MEMBERS,
    banner=None,
)
entries = set()
commands = {}


def command(function):
    commands[function.__name__] = function
    return function


@command
async def kick(event, user, *reason):
    member = await bot.rest.fetch_member(event.guild_id, int(user))
    await member.kick(reason=" ".join(reason))
    return f"kicked {member.display_name}"


@command
async def ban(event, user, seconds, *reason):
    member = await bot.rest.fetch_member(event.guild_id, int(user))
    await member.ban(delete_message_seconds=int(seconds), reason=" ".join(reason))
    return f"banned {member.display_name}"


@command
async def bans(event):
    found = await bot.rest.fetch_bans(event.guild_id)
    return "; ".join(f"{each.user.username}: {each.reason}" for each in found) or "nobody"


@command
async def unban(event, user):
    found = await bot.rest.fetch_ban(event.guild_id, int(user))
    await bot.rest.unban_user(event.guild_id, found.user, reason="served")
    return f"unbanned {found.user.username}"


@command
async def banall(event, *users):
    for user in users:
        await bot.rest.ban_user(event.guild_id, int(user), reason="raid", delete_message_seconds=60)
    return f"banned {len(users)}, failed 0"


@command
async def timeout(event, user, minutes):
    until = datetime.now(UTC) + timedelta(minutes=int(minutes))
    member = await bot.rest.edit_member(event.guild_id, int(user), communication_disabled_until=until)
    return f"{member.display_name} is timed out: {member.communication_disabled_until() is not None}"


@command
async def forgive(event, user):
    member = await bot.rest.edit_member(event.guild_id, int(user), communication_disabled_until=None)
    return f"{member.display_name} may talk"


@command
async def purge(event, count):
    found = await bot.rest.fetch_messages(event.channel_id, before=event.message_id).limit(int(count))
    await bot.rest.delete_messages(event.channel_id, found)
    return f"purged {len(found)}"


@command
async def nick(event, user, *words):
    await bot.rest.edit_member(event.guild_id, int(user), nickname=" ".join(words), reason="as agreed")
    await bot.rest.edit_my_member(event.guild_id, nickname="the warden")
    return f"now {(await bot.rest.fetch_member(event.guild_id, int(user))).nickname}"


@command
async def owner(event):
    try:
        await bot.rest.kick_user(event.guild_id, event.get_guild().owner_id)
    except hikari.ForbiddenError as error:
        return f"refused with {error.status.value} {error.code}"


@command
async def slow(event, seconds):
    channel = await bot.rest.edit_channel(event.channel_id, rate_limit_per_user=int(seconds), topic="quietly")
    return f"slow mode: {int(channel.rate_limit_per_user.total_seconds())}"


@command
async def lock(event, user):
    everyone = event.guild_id
    silence = hikari.Permissions.SEND_MESSAGES | hikari.Permissions.ADD_REACTIONS
    await bot.rest.edit_permission_overwrite(
        event.channel_id, everyone, target_type=hikari.PermissionOverwriteType.ROLE, deny=silence, reason="night"
    )
    channel = await bot.rest.fetch_channel(event.channel_id)
    denied = channel.permission_overwrites[everyone].deny
    return f"may send: {not denied & hikari.Permissions.SEND_MESSAGES}"


@command
async def unlock(event):
    await bot.rest.delete_permission_overwrite(event.channel_id, event.guild_id)
    return "unlocked"


@command
async def role(event, user, name):
    made = await bot.rest.create_role(
        event.guild_id,
        name=name,
        color="#f1c40f",
        hoist=True,
        mentionable=True,
        permissions=hikari.Permissions.KICK_MEMBERS,
        reason="promotion",
    )
    below = await bot.rest.create_role(event.guild_id, name=f"{name}'s aide")
    for each in (made, below):
        await bot.rest.add_role_to_member(event.guild_id, int(user), each, reason="promotion")
    await bot.rest.remove_role_from_member(event.guild_id, int(user), below)
    await bot.rest.reposition_roles(event.guild_id, {2: made, 1: below})
    made = await bot.rest.edit_role(event.guild_id, made, name=f"Chief {name}", color=0x123456)
    await bot.rest.delete_role(event.guild_id, below)
    member = await bot.rest.fetch_member(event.guild_id, int(user))
    roles = {each.id: each for each in await bot.rest.fetch_roles(event.guild_id)}
    highest = max((roles[each] for each in member.role_ids), key=lambda each: each.position)
    return f"{highest.name} above {highest.position - 1}"


@command
async def room(event, name):
    guild = event.guild_id
    hidden = [
        hikari.PermissionOverwrite(
            id=guild, type=hikari.PermissionOverwriteType.ROLE, deny=hikari.Permissions.VIEW_CHANNEL
        )
    ]
    category = await bot.rest.create_guild_category(guild, "Staff", permission_overwrites=hidden, reason="privacy")
    text = await bot.rest.create_guild_text_channel(
        guild, name, category=category, topic="for staff", rate_limit_per_user=5
    )
    voice = await bot.rest.create_guild_voice_channel(guild, "Tower", category=category, bitrate=64000, user_limit=4)
    await bot.rest.reposition_channels(guild, {1: text})
    await text.edit(name=f"{name}-room", permission_overwrites=hidden)
    await voice.delete()
    after = await bot.rest.fetch_channel(text)
    same = {each: (it.allow, it.deny) for each, it in after.permission_overwrites.items()} == {
        each.id: (each.allow, each.deny) for each in hidden
    }
    return f"made {text.id} in {category.name}, synced: {same}"


@command
async def log(event):
    return " ".join(sorted(entries))


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


@bot.listen()
async def on_member_update(event: hikari.MemberUpdateEvent):
    before, after = event.old_member, event.member
    if before is None:
        return
    changes = {
        "nick": before.nickname != after.nickname,
        "roles": set(before.role_ids) != set(after.role_ids),
        "timeout": before.raw_communication_disabled_until != after.raw_communication_disabled_until,
    }
    entries.update(entry for entry, changed in changes.items() if changed)


@bot.listen(
    hikari.MemberDeleteEvent,
    hikari.BanCreateEvent,
    hikari.BanDeleteEvent,
    hikari.GuildBulkMessageDeleteEvent,
    hikari.RoleCreateEvent,
    hikari.RoleUpdateEvent,
    hikari.RoleDeleteEvent,
    hikari.GuildChannelCreateEvent,
    hikari.GuildChannelUpdateEvent,
    hikari.GuildChannelDeleteEvent,
)
async def on_anything(event):
    names = {
        hikari.MemberDeleteEvent: "leave",
        hikari.BanCreateEvent: "ban",
        hikari.BanDeleteEvent: "unban",
        hikari.GuildBulkMessageDeleteEvent: "bulk",
        hikari.RoleCreateEvent: "role+",
        hikari.RoleUpdateEvent: "role~",
        hikari.RoleDeleteEvent: "role-",
        hikari.GuildChannelCreateEvent: "channel+",
        hikari.GuildChannelUpdateEvent: "channel~",
        hikari.GuildChannelDeleteEvent: "channel-",
    }
    entries.add(names[type(event)])


@bot.listen()
async def on_guild(event: hikari.GuildAvailableEvent):
    channel = next(each for each in event.channels.values() if isinstance(each, hikari.GuildTextChannel))
    await channel.send("At your service")


bot.run(check_for_updates=False)
