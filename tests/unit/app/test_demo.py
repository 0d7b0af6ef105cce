import pytest

from hubbub.app.demo import pictures
from hubbub.app.demo.timeline import Arrive, Say, plan
from hubbub.app.demo.world import load

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
        assert set(guild.emojis) <= pictures.EMOJIS.keys()


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
    assert len(pictures.avatar("ada")) < 100_000
    assert len(pictures.icon("Lantern Street")) < 100_000
    assert all(len(pictures.emoji(name)) < 256_000 for name in pictures.EMOJIS)
