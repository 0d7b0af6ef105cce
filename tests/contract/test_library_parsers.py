"""The wire objects satisfy the strictest readers there are: hikari's and discord.py's own deserialisers."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import discord
import hikari
import msgspec
import pytest
from hikari.impl.entity_factory import EntityFactoryImpl

from hubbub.events.contracts import objects

WHEN = "2026-11-21T11:00:00.123000+00:00"
GUILD, CHANNEL, USER, BOT, ROLE, MESSAGE = (str(1_300_000_000_000_000_000 + number) for number in range(6))

Json = dict[str, Any]


def wire(value: msgspec.Struct, **more: Any) -> Json:
    """Return an object as a library gets it."""
    return {**msgspec.json.decode(msgspec.json.encode(value)), **more}


def user(id_: str = USER, **more: Any) -> objects.User:
    return objects.User(id=id_, username="ada", global_name="Ada", **more)


def member(**more: Any) -> objects.Member:
    return objects.Member(user=user(), roles=[ROLE], joined_at=WHEN, **more)


def role(id_: str, **more: Any) -> objects.Role:
    return objects.Role(id=id_, name="keepers", permissions="2048", **more)


def emoji() -> objects.Emoji:
    return objects.Emoji(id="7", name="lamp", user=user())


def channels() -> list[objects.Channel]:
    overwrite = objects.Overwrite(id=GUILD, type=0, deny="1024")
    common: Json = {"guild_id": GUILD, "position": 0, "permission_overwrites": [overwrite], "parent_id": None}
    text: Json = {"topic": None, "nsfw": False, "rate_limit_per_user": 0, "last_message_id": None}
    voice: Json = {"bitrate": 64_000, "user_limit": 0, "rtc_region": None, "nsfw": False, "rate_limit_per_user": 0}
    return [
        objects.Channel(id=CHANNEL, type=0, name="general", **common, **text),
        objects.Channel(id="21", type=2, name="harbour", **common, **voice),
        objects.Channel(id="22", type=13, name="stage", **common, **voice, topic=None),
        objects.Channel(id="23", type=4, name="more", **common),
    ]


def guild() -> objects.Guild:
    roles = [role(GUILD), role(ROLE, tags=objects.RoleTags(bot_id=BOT))]
    return objects.Guild(id=GUILD, name="The Lighthouse", owner_id=USER, roles=roles, emojis=[emoji()])


def guild_create() -> Json:
    voice_state = objects.VoiceState(channel_id="21", user_id=USER, session_id="s", member=member(), guild_id=GUILD)
    presence = {"user": {"id": USER}, "guild_id": GUILD, "status": "online", "activities": [], "client_status": {}}
    return wire(
        guild(),
        joined_at=WHEN,
        large=False,
        unavailable=False,
        member_count=2,
        voice_states=[wire(voice_state)],
        members=[wire(member()), wire(objects.Member(user=user(BOT, bot=True), joined_at=WHEN))],
        channels=[wire(channel) for channel in channels()],
        threads=[],
        presences=[presence],
        stage_instances=[],
        guild_scheduled_events=[],
        soundboard_sounds=[],
    )


def message(*, in_guild: bool = True) -> objects.Message:
    attachment = objects.Attachment(
        id="31", filename="a.png", size=3, url="http://h/a.png", proxy_url="http://h/a.png", content_type="image/png"
    )
    embed = objects.Embed(
        title="Welcome",
        color=0x3366CC,
        timestamp=WHEN,
        footer=objects.EmbedFooter(text="foot"),
        image=objects.EmbedMedia(url="http://h/a.png"),
        author=objects.EmbedAuthor(name="Ada"),
        fields=[objects.EmbedField(name="n", value="v")],
    )
    reaction = objects.Reaction(
        count=1,
        count_details=objects.ReactionCountDetails(normal=1),
        me=False,
        emoji=objects.PartialEmoji(id=None, name="👋"),
    )
    place: Json = {"guild_id": GUILD, "member": objects.Member(joined_at=WHEN)} if in_guild else {}
    replied_to = objects.Message(id="41", channel_id=CHANNEL, author=user(), content="?", timestamp=WHEN)
    return objects.Message(
        id=MESSAGE,
        channel_id=CHANNEL,
        author=user(BOT, bot=True),
        content="Come in!",
        timestamp=WHEN,
        edited_timestamp=WHEN,
        mentions=[user()],
        mention_roles=[ROLE],
        attachments=[attachment],
        embeds=[embed],
        reactions=[reaction],
        nonce="n",
        type=19,
        webhook_id=BOT,
        application_id=BOT,
        message_reference=objects.MessageReference(message_id="41", channel_id=CHANNEL, guild_id=GUILD),
        referenced_message=replied_to,
        interaction_metadata=objects.InteractionMetadata(id="51", type=2, user=user()),
        interaction=objects.MessageInteraction(id="51", type=2, name="report", user=user()),
        **place,
    )


def application() -> objects.Application:
    return objects.Application(id=BOT, name="steward", owner=user(), bot=user(BOT, bot=True), approximate_guild_count=1)


def command() -> objects.Command:
    option = objects.CommandOption(
        type=3, name="topic", description="d", required=True, choices=[objects.CommandChoice(name="a", value="a")]
    )
    return objects.Command(
        id="61", application_id=BOT, guild_id=GUILD, name="report", description="d", options=[option], version="62"
    )


def interaction() -> objects.Interaction:
    channel = channels()[0]
    channel.permissions = "2048"
    return objects.Interaction(
        id="71",
        application_id=BOT,
        type=2,
        data=objects.InteractionData(
            id="61",
            name="report",
            guild_id=GUILD,
            options=[objects.InteractionOption(name="topic", type=3, value="weather")],
        ),
        guild=objects.InteractionGuild(id=GUILD),
        guild_id=GUILD,
        guild_locale="en-US",
        channel=channel,
        channel_id=CHANNEL,
        member=member(permissions="2048"),
        token="interaction-token",
        app_permissions="2048",
        authorizing_integration_owners={"0": GUILD},
        attachment_size_limit=1,
    )


def invite() -> objects.Invite:
    return objects.Invite(
        code="abc",
        guild=objects.InviteGuild(id=GUILD, name="The Lighthouse"),
        guild_id=GUILD,
        channel=objects.InviteChannel(id=CHANNEL, name="general", type=0),
        inviter=user(),
        expires_at=None,
        uses=0,
        max_uses=0,
        max_age=0,
        temporary=False,
        created_at=WHEN,
    )


class TestHikari:
    """hikari reads every key with `payload[key]`: what is missing raises."""

    @pytest.fixture
    def factory(self) -> EntityFactoryImpl:
        return EntityFactoryImpl(MagicMock(spec=hikari.GatewayBotAware))

    def test_a_guild(self, factory):
        definition = factory.deserialize_gateway_guild(guild_create(), user_id=hikari.Snowflake(BOT))
        assert definition.guild().name == "The Lighthouse"
        assert len(definition.channels()) == 4
        assert len(definition.members()) == 2
        assert len(definition.roles()) == 2
        assert len(definition.emojis()) == 1
        assert len(definition.presences()) == 1
        assert len(definition.voice_states()) == 1
        rest = factory.deserialize_rest_guild(wire(guild()))
        assert rest.max_members == 500_000

    @pytest.mark.parametrize("in_guild", [True, False])
    def test_a_message(self, factory, in_guild):
        payload = wire(message(in_guild=in_guild))
        for read in (factory.deserialize_message, factory.deserialize_partial_message):
            result = read(payload)
            assert result.content == "Come in!"
            assert result.embeds[0].title == "Welcome"
            assert result.attachments[0].filename == "a.png"
            assert result.reactions[0].emoji == "👋"

    def test_users_and_applications(self, factory):
        assert factory.deserialize_my_user(wire(objects.OwnUser(id=BOT, username="steward", bot=True))).is_bot
        assert factory.deserialize_application(wire(application())).owner.username == "ada"

    def test_commands_and_their_use(self, factory):
        assert factory.deserialize_command(wire(command())).name == "report"
        result = factory.deserialize_interaction(wire(interaction()))
        assert isinstance(result, hikari.CommandInteraction)
        assert result.options is not None
        assert result.options[0].value == "weather"

    def test_an_invite(self, factory):
        assert factory.deserialize_invite_with_metadata(wire(invite())).code == "abc"

    def test_a_direct_message(self, factory):
        channel = objects.Channel(id="9", type=1, recipients=[user()], last_message_id=None)
        assert factory.deserialize_channel(wire(channel)).recipient.username == "ada"


class TestDiscordPy:
    """discord.py keeps its own idea of which keys are there."""

    @pytest.fixture
    def state(self) -> Any:
        client = discord.Client(intents=discord.Intents.all())
        client._connection.user = discord.ClientUser(
            state=client._connection, data=wire(objects.OwnUser(id=BOT, username="steward", bot=True))
        )
        return client._connection

    async def test_a_guild(self, state):
        result = discord.Guild(data=guild_create(), state=state)
        assert result.name == "The Lighthouse"
        assert [channel.name for channel in result.channels] == ["general", "harbour", "stage", "more"]
        assert result.me.id == int(BOT)
        assert not result.unavailable
        assert result.get_member(int(USER)).roles[-1].name == "keepers"

    async def test_a_message(self, state):
        place = discord.Guild(data=guild_create(), state=state)
        state._add_guild(place)
        result = discord.Message(state=state, channel=place.text_channels[0], data=wire(message()))
        assert result.embeds[0].fields[0].value == "v"
        assert result.reference.resolved.content == "?"
        assert result.reactions[0].emoji == "👋"
        assert result.mentions[0].id == int(USER)

    async def test_applications_and_commands(self, state):
        assert discord.AppInfo(state=state, data=wire(application())).owner.name == "ada"
        assert discord.app_commands.AppCommand(data=wire(command()), state=state).name == "report"

    async def test_an_interaction(self, state):
        state._add_guild(discord.Guild(data=guild_create(), state=state))
        result = discord.Interaction(data=wire(interaction()), state=state)
        assert result.channel.name == "general"
        assert result.permissions.send_messages
        assert result.user.display_name == "Ada"

    async def test_an_invite(self, state):
        assert discord.Invite(state=state, data=wire(invite())).guild.name == "The Lighthouse"
