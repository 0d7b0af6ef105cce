"""A bot written with hikari that spreads its guilds over two shards."""

import os

import hikari

bot = hikari.GatewayBot(
    os.environ["DISCORD_TOKEN"],
    intents=hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT,
    banner=None,
)


async def greet(event):
    hall = next(each for each in event.channels.values() if isinstance(each, hikari.GuildTextChannel))
    await hall.send(f"At your service on shard {event.shard.id} of {event.shard.shard_count}")


@bot.listen()
async def on_guild(event: hikari.GuildAvailableEvent):
    await greet(event)


@bot.listen()
async def on_guild_join(event: hikari.GuildJoinEvent):
    await greet(event)


@bot.listen()
async def on_message(event: hikari.GuildMessageCreateEvent):
    if event.content == "!shard":
        is_open = event.shard.is_connected
        await event.message.respond(f"shard {event.shard.id} of {len(bot.shards)}, open: {is_open}", reply=True)


@bot.listen()
async def on_direct_message(event: hikari.DMMessageCreateEvent):
    if not event.is_bot:
        await event.message.respond(f"You said {event.content}.")


bot.run(check_for_updates=False, shard_count=2)
