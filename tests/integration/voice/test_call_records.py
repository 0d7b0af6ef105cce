"""A real call over the native core leaves its record: people, figures, what happened, and what is told of them."""

import array
import asyncio
import math
import socket

import httpx
import pytest
from livekit import api, rtc

from hubbub.native import building
from servers.hubbub_process import HubbubProcess, free_port
from servers.lossy_relay import LossyRelay
from servers.waiting import until

pytestmark = pytest.mark.skipif(
    not (building.HERE / building.MODULE_NAME).is_file(), reason="the native core is not built: scripts/setup native"
)
RATE, FRAME = 48_000, 480


@pytest.fixture
async def server(tmp_path):
    async with HubbubProcess(tmp_path) as server:
        yield server


async def join(server, key, identity):
    grants = api.VideoGrants(room_join=True, room="den")
    made = api.AccessToken(key["key"], key["secret"]).with_identity(identity).with_name(identity.title())
    room = rtc.Room()
    async with asyncio.timeout(60):
        await room.connect(key["url"], made.with_grants(grants).to_jwt())
    return room


async def sing(room):
    """Publish a tone for ever."""
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    await room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
    wave = [round(12_000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE)]
    start = 0
    while True:
        await source.capture_frame(
            rtc.AudioFrame(array.array("h", wave[start : start + FRAME]).tobytes(), RATE, 1, FRAME)
        )
        start = (start + FRAME) % RATE


async def test_a_call_is_recorded_while_it_lasts_and_kept_when_it_is_over(server):
    key = await server.command("key", "create", "voice")
    ada, grace = await join(server, key, "ada"), await join(server, key, "grace")
    singing = asyncio.create_task(sing(ada))

    async def shown():
        found = (await server.command("calls", "list"))["calls"]
        return await server.command("calls", "show", found[0]["id"]) if found else None

    async def measured():
        call = await shown()
        people = {person["identity"]: person for person in call["people"]} if call else {}
        return len(people) == 2 and people["ada"]["sends"]["mean"] and people["grace"]["hears"]["mean"]

    await until(measured, within_s=60, every_s=1)
    live = await shown()
    assert (live["call"]["room"], live["call"]["ended_at_ms"], live["call"]["people_peak"]) == ("den", None, 2)
    people = {person["identity"]: person for person in live["people"]}
    assert (people["ada"]["name"], people["ada"]["protocol"]) == ("Ada", "udp")
    assert [track["source"] for track in people["ada"]["tracks"]] == ["microphone"]
    assert people["ada"]["remote"].rpartition(":")[2].isdecimal()
    assert "SDK" in people["ada"]["client"]
    assert 1 <= people["grace"]["hears"]["mean"] <= 5

    async with httpx.AsyncClient(base_url=server.url) as http:
        figures = (await http.get("/metrics")).text
    for name in ("mos", "loss", "jitter_seconds", "join_duration_seconds"):
        assert f"hubbub_voice_{name}_count" in figures

    singing.cancel()
    await ada.disconnect()
    await grace.disconnect()

    async def everybody_left():
        return all(person["left_because"] for person in (await shown())["people"])

    await until(everybody_left, within_s=60, every_s=1)
    assert {person["left_because"] for person in (await shown())["people"]} == {"client_initiated"}
    assert await server.stop() == 0
    past = (await server.command("calls", "list", "grace", "--state", "past"))["calls"]
    assert [call["room"] for call in past] == ["den"]


def own_address():
    """Return an address of this machine that is no loopback, for LiveKit's SDK sends to no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.mark.parametrize(
    ("way", "victim", "words"),
    [("up", 0, "Of what Ada sent, "), ("down", 1, "Of what Grace was sent, ")],
)
async def test_the_way_that_loses_packets_is_the_one_that_is_named(tmp_path, way, victim, words):
    host, port = own_address(), free_port()
    if host is None:
        pytest.skip("this machine has no address but its loopback")
    settings = {
        "HUBBUB_VOICE_PORT": str(port),
        "HUBBUB_VOICE_BIND_ADDRESSES": "127.0.0.1",
        "HUBBUB_VOICE_ADVERTISED_ADDRESSES": host,
        "HUBBUB_VOICE_SHARDS": "1",
    }
    relay = LossyRelay(("127.0.0.1", port))
    async with HubbubProcess(tmp_path, settings=settings) as server:
        await relay.listen(host, port)
        key = await server.command("key", "create", "voice")
        ada = await join(server, key, "ada")
        singing = asyncio.create_task(sing(ada))
        grace = await join(server, key, "grace")
        getattr(relay, way)[victim] = 0.2

        async def explained():
            found = (await server.command("calls", "list"))["calls"]
            return bool(found) and found[0]["cause"] == "loss"

        await until(explained, within_s=90, every_s=2)
        (call,) = (await server.command("calls", "list"))["calls"]
        assert call["sentence"].startswith(words)
        singing.cancel()
        await ada.disconnect()
        await grace.disconnect()
        relay.close()
