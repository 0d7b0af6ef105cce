import msgspec
import pytest

from doubles.file_library import FileLibraryDouble
from hubbub.app.config import Config
from hubbub.app.demo import faces, pictures, signs
from hubbub.app.demo.fill import fill
from hubbub.app.demo.timeline import Arrive, Say, plan
from hubbub.app.demo.world import load
from hubbub.app.folder import DataFolder
from hubbub.app.house import open_house
from hubbub.community.adapters.guild_statements import GUILDS_OF_USER
from hubbub.community.service.actor import Actor
from hubbub.kernel.snowflake import SnowflakeGenerator

JOINED = 7
"""Type of the message that tells of a new member."""
NOW_MS = 1_780_000_000_000


@pytest.fixture(scope="module")
def world():
    return load()


def test_everyone_who_speaks_or_is_named_lives_there(world):
    people = {person.username for person in world.people}
    for guild in world.guilds:
        inside = {guild.owner, *guild.members}
        assert inside <= people
        assert {line.author for talk in guild.talks for line in talk.lines} <= inside
        assert {name for role in guild.roles for name in role.members} <= inside
    assert {whisper.author for whisper in world.whispers} <= people


def test_replies_answer_earlier_lines_and_reactions_have_enough_people(world):
    for guild in world.guilds:
        for talk in guild.talks:
            for index, line in enumerate(talk.lines):
                assert line.replies_to is None or line.replies_to < index
                assert all(line.reactions.count(emoji) <= len(guild.members) for emoji in line.reactions)
                assert line.picture is None or line.picture in pictures.KINDS
        assert {guild.emblem, *guild.emojis} <= signs.EMOJIS.keys()


def test_the_timeline_runs_forward_ends_before_now_and_repeats_by_its_seed(world):
    acts = plan(world, 1, NOW_MS)
    times = [act.at_ms for act in acts]
    assert times == sorted(times)
    assert times[-1] < NOW_MS
    assert acts == plan(world, 1, NOW_MS)
    assert acts != plan(world, 2, NOW_MS)


def test_some_talk_is_new_to_administrators(world):
    acts = plan(world, 1, NOW_MS)
    arrival = next(index for index, act in enumerate(acts) if isinstance(act, Arrive))
    assert {act.talk.channel for act in acts[arrival + 1 :] if isinstance(act, Say)} >= {world.busiest}


@pytest.mark.parametrize("kind", sorted(pictures.KINDS))
def test_a_seed_draws_the_same_picture_again(kind):
    first = pictures.picture(kind, 1)
    assert first.startswith(b"\x89PNG")
    assert first == pictures.picture(kind, 1)
    assert first != pictures.picture(kind, 2)


def test_small_pictures_fit_where_they_go():
    assert len(faces.avatar("ada")) < 100_000
    assert len(signs.icon("Lantern Street", "lantern")) < 100_000
    assert all(len(signs.emoji(name)) < 256_000 for name in signs.EMOJIS)


async def test_an_administrator_lands_in_a_lively_place_and_doing_it_again_changes_nothing(tmp_path, world):
    told = []
    with DataFolder(tmp_path / "data") as folder:
        async with open_house(Config(data=tmp_path / "data"), folder) as house:
            community = house.community
            ids = SnowflakeGenerator(house.clock, 9)
            house.files.keep_in(FileLibraryDouble(house.records, house.clock, ids, house.public_url))
            robin = await community.accounts.create("robin", password=None, administrator=True)
            first = await fill(house, 1, told.append)
            assert first["guilds"] == len(world.guilds)
            assert told[-1].done == told[-1].total
            reader = Actor(robin.id)
            (guild_id, *_) = await house.records.fetch(GUILDS_OF_USER, {"user_id": robin.id})
            state = await community.guilds.get(reader, guild_id)
            assert "general" not in {channel.name for channel in state.channels.values()}
            opened = state.guild.system_channel_id
            page = msgspec.json.decode(await community.messages.page(reader, opened, limit=25))
            talk = [message for message in page if message["type"] != JOINED]
            assert len(talk) >= 20
            assert any(message["attachments"] for message in talk)
            assert any(message["reactions"] for message in talk if "reactions" in message)
            assert any(message["mentions"] for message in talk)
            assert len(await community.direct_messages.of_user(robin.id)) >= 2
            again = await fill(house, 1, told.append)
    assert again == {**first, "messages_written": 0}
