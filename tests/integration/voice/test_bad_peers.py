"""People in the room whose clients misbehave: the others go on talking."""

import pytest
import pytest_asyncio

from hubbub.native import building
from servers.media_person import running_hall
from servers.waiting import until

pytestmark = [
    pytest.mark.skipif(
        not (building.HERE / building.MODULE_NAME).is_file(),
        reason="the native core is not built: scripts/setup native",
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
VOICE_AND_PICTURE_A_SECOND = 50 + 160
UNKNOWN_SSRC = 777_777


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(tmp_path_factory):
    async with running_hall(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


@pytest_asyncio.fixture(loop_scope="module")
async def talk(hall):
    yield await hall.talk(picture=True)
    await hall.part()


@pytest.mark.parametrize(("video", "manner"), [(False, "noise"), (True, "noise"), (True, "keyless")])
async def test_what_a_publisher_sends_is_worth_nothing(hall, talk, video, manner):
    rogue = await hall.join("rogue", rogue=True)
    stream = hall.picture(manner=manner) if video else hall.voice(manner=manner)
    async with talk.undisturbed():
        await rogue.publish(stream)
        await talk_for(hall, talk, seconds=2)


async def talk_for(hall, talk, *, seconds):
    """Let as many packets arrive as these seconds bring."""
    start = (await hall.honest.report())["received"]

    async def enough():
        return (await hall.honest.report())["received"] - start >= seconds * VOICE_AND_PICTURE_A_SECOND * 0.7

    await until(enough, within_s=20, every_s=0.05)


async def test_a_publisher_sends_ten_times_what_it_announced(hall, talk):
    rogue = await hall.join("rogue", rogue=True)
    async with talk.undisturbed():
        await rogue.publish(hall.picture(bits_per_second=15_000_000))
        await talk_for(hall, talk, seconds=3)


async def test_streams_that_nobody_announced_are_dropped(hall, talk):
    rogue = await hall.join("rogue", rogue=True)
    await rogue.publish(hall.voice())
    before = await hall.figures()
    async with talk.undisturbed():
        for number in range(200):
            hall.rogue.publish(
                id=rogue.sending.number,
                content="audio",
                ssrc=UNKNOWN_SSRC + number,
                payload_type=111,
                bits_per_second=0,
                mid="",
                mid_extension=0,
                level_extension=0,
            )
        await talk_for(hall, talk, seconds=2)
    assert (await hall.figures())["packets_dropped"] - before["packets_dropped"] > 200


@pytest.mark.parametrize("abuse", ["pli", "nack", "noise"])
async def test_a_subscriber_asks_for_everything_all_the_time(hall, talk, abuse):
    rogue = await hall.join("rogue", rogue=True)
    await hall.rogue.first(rogue.receiving.number)
    hall.rogue.reset()
    async with talk.undisturbed():
        for _ in range(100):
            # A thousand a second and more.
            hall.rogue.misuse(rogue.receiving.number, abuse, 20)
            await hall.rogue.report()
        await talk_for(hall, talk, seconds=2)
    report = await hall.rogue.report()
    assert report["received"] < 20 * 7 * VOICE_AND_PICTURE_A_SECOND


async def test_a_subscriber_never_acknowledges(hall, talk):
    rogue = await hall.join("rogue", rogue=True)
    await hall.rogue.first(rogue.receiving.number)
    hall.rogue.silence(rogue.receiving.number)
    async with talk.undisturbed():
        await talk_for(hall, talk, seconds=3)


async def test_a_subscriber_vanishes_without_a_word(hall, talk):
    rogue = await hall.join("rogue", rogue=True)
    await hall.rogue.first(rogue.receiving.number)
    async with talk.undisturbed():
        hall.rogue.close(rogue.receiving.number)
        await talk_for(hall, talk, seconds=2)
