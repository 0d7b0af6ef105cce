"""Networks that lose, stall, change addresses or cut the signalling: people go on hearing each other."""

import asyncio
import contextlib

import pytest
import pytest_asyncio
from livekit import rtc
from rtc.person import Venue

from doubles.livekit_sdk import enter, happening, hear, sing
from hubbub.native import building
from servers.hubbub_process import HubbubProcess
from servers.impaired_path import ImpairedPath, build
from servers.media_person import own_address, running_hall
from servers.tcp_proxy import TcpProxy
from servers.waiting import until

pytestmark = [
    pytest.mark.skipif(
        not (building.HERE / building.MODULE_NAME).is_file(),
        reason="the native core is not built: scripts/setup native",
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
WITHIN_S = 30


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far(tmp_path_factory):
    """A server behind a network that tests make bad; LiveKit's SDK sends to no loopback."""
    host = own_address()
    if host is None:
        pytest.skip("this machine has no address but its loopback")
    program = await asyncio.to_thread(build)
    async with running_hall(tmp_path_factory.mktemp("far"), advertised=host) as hall:
        port = hall.media[1]
        async with ImpairedPath(program, f"{host}:{port}", f"127.0.0.1:{port}") as path:
            yield hall, path


@contextlib.asynccontextmanager
async def song(venue, url=None):
    """Two rooms of LiveKit's SDK, of which the second hears the first sing."""
    url = url or venue.url
    ada = await enter(url, venue.token("den", "ada"))
    grace = await enter(url, venue.token("den", "grace"))
    singing = await sing(ada)
    try:
        await hear(grace)
        yield ada, grace
    finally:
        singing.cancel()
        await ada.disconnect()
        await grace.disconnect()


async def inbound(room):
    """Return what the SDK says of the sound that arrives."""
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            if publication.track is not None:
                for report in await publication.track.get_stats():
                    if report.WhichOneof("stats") == "inbound_rtp":
                        return report.inbound_rtp
    return None


async def arrives(room, packets):
    """Wait until so many more packets arrived; return the shares that were lost and made up for."""
    before = await inbound(room)

    async def enough():
        now = await inbound(room)
        return now is not None and now.received.packets_received - before.received.packets_received >= packets

    await until(enough, within_s=WITHIN_S, every_s=0.1)
    after = await inbound(room)
    received = after.received.packets_received - before.received.packets_received
    lost = max(0, after.received.packets_lost - before.received.packets_lost)
    samples = after.inbound.total_samples_received - before.inbound.total_samples_received
    concealed = after.inbound.concealed_samples - before.inbound.concealed_samples
    return lost / (lost + received), concealed / max(1, samples)


WAYS = {
    "10 %": {"loss": 0.1},
    "20 %": {"loss": 0.2},
    "30 %": {"loss": 0.3},
    "10 % in bursts of 3": {"loss": 0.1, "burst": 3.0},
}


@pytest.mark.parametrize("way", WAYS)
async def test_sound_survives_loss(far, way, record_property):
    hall, path = far
    async with song(hall.venue) as (_, grace):
        await path.set(up=WAYS[way], down=WAYS[way])
        lost, concealed = await arrives(grace, 200)
        await path.set(up={}, down={})
        record_property("lost", round(lost, 3))
        record_property("concealed", round(concealed, 3))
        # Both ways lose their share: without redundancy as much would have to be made up for.
        assert concealed < 1 - (1 - WAYS[way]["loss"]) ** 2
        await hear(grace)


@pytest.mark.parametrize("down", [{"loss": 0.1}, {"loss": 0.2, "burst": 4.0}], ids=["scattered", "in bursts"])
async def test_the_record_says_how_much_the_listener_had_to_make_up_for(far, down, record_property):
    hall, path = far
    async with song(hall.venue) as (_, grace):
        await path.set(down=down)
        _, concealed = await arrives(grace, 750)
        call, *_ = (await hall.server.command("calls", "list"))["calls"]
        shown = await hall.server.command("calls", "show", call["id"])
        await path.set(down={})
    # The room outlasts a song, and with it the call.
    *_, hears = (person["hears"] for person in shown["people"] if person["identity"] == "grace")
    record_property("concealed", (round(concealed, 4), round(hears["concealed"], 4)))
    # The record also has the seconds before, and lacks the last few: half or twice as much, give or take a hundredth.
    assert concealed / 2 - 0.01 < hears["concealed"] < concealed * 2 + 0.01
    assert hears["loss"] > down["loss"] / 3


async def test_a_way_that_is_dead_for_three_seconds_comes_back(far):
    hall, path = far
    async with song(hall.venue) as (ada, grace):
        gone = happening(grace, "disconnected")
        await path.set(up={"loss": 1.0}, down={"loss": 1.0})
        await asyncio.sleep(3)
        await path.set(up={}, down={})
        await arrives(grace, 50)
        await hear(grace)
        assert not gone.done()
        assert ada.connection_state == grace.connection_state == rtc.ConnectionState.CONN_CONNECTED


async def test_people_who_change_addresses_are_heard_on(far):
    hall, path = far
    async with song(hall.venue) as (_, grace):
        clients = [each["client"] for each in await path.report() if each["client"]]
        assert clients
        for client in clients[-4:]:
            await path.rebind(client)
        await arrives(grace, 50)
        await hear(grace)


async def test_media_flows_while_the_signalling_is_cut_and_comes_back(far):
    hall, _ = far
    async with TcpProxy(hall.server.port) as proxy, song(hall.venue, f"ws://127.0.0.1:{proxy.port}") as (ada, grace):
        back = [happening(room, "reconnected") for room in (ada, grace)]
        proxy.hold()
        assert proxy.cut() >= 2
        await arrives(grace, 50)
        proxy.release()
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*back)
        assert [each.identity for each in grace.remote_participants.values()] == ["ada"]
        await arrives(grace, 50)


async def test_clients_come_back_after_the_server_was_killed(tmp_path):
    server = HubbubProcess(tmp_path)
    await server.start()
    key = await server.command("key", "create", "voice")
    venue = Venue(server.url, key["key"], key["secret"])
    async with song(venue) as (ada, grace):
        back = [happening(room, "reconnected") for room in (ada, grace)]
        await server.kill()
        await server.start()
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*back)
        await hear(grace)
    assert await server.stop() == 0
