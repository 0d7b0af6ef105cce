"""Greets whoever joins, in the channel where joining is told. Needs hikari; knows nothing of Hubbub."""

import os

import hikari

bot = hikari.GatewayBot(os.environ["DISCORD_TOKEN"], intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_MEMBERS)


@bot.listen()
async def greet(event: hikari.MemberCreateEvent) -> None:
    """Say hello, with the newcomer's face beside it."""
    guild = event.get_guild()
    if guild is None or guild.system_channel_id is None or event.user.is_bot:
        return
    embed = hikari.Embed(title=f"Hello {event.member.display_name}!", description=f"Welcome to {guild.name}.")
    embed.set_thumbnail(event.user.display_avatar_url)
    await bot.rest.create_message(
        guild.system_channel_id, event.member.mention, embed=embed, user_mentions=[event.user]
    )


bot.run()
