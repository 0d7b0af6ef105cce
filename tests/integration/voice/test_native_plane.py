"""The native media plane behind its port: real sockets on loopback, real threads."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import get_args

import pytest
import pytest_asyncio

from hubbub.kernel.errors import Misconfigured
from hubbub.voice.adapters.native_plane import NativePlane
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.sdp.description import Extension, Fingerprint, Kind
from hubbub.voice.domain.sdp.negotiated import ChosenCodec, Ssrcs
from hubbub.voice.domain.sdp.transport import RemoteTransport
from hubbub.voice.errors import MediaPlaneUnavailable
from hubbub.voice.service import media_plane as media

pytest.importorskip("hubbub.native._native", reason="the native core is not built")

LOOPBACK = VoiceConfig(port=0, bind_addresses=("127.0.0.1",))
PATIENCE_S = 20
OPUS = ChosenCodec(
    name="opus", payload_type=111, clock_rate=48_000, channels=2, parameters="minptime=10", red_payload_type=63
)
VP8 = ChosenCodec(name="VP8", payload_type=96, clock_rate=90_000, feedback=("nack", "nack pli"), rtx_payload_type=97)
AUDIO_LEVEL = Extension(1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level")
REMOTE = RemoteTransport(
    ufrag="abcd", pwd="p" * 22, fingerprints=(Fingerprint("sha-256", ":".join(["AB"] * 32)),), active=True
)
COMMANDS: tuple[media.Command, ...] = (
    media.SetRemote(1, REMOTE),
    media.PublishTrack(
        transport_id=1,
        track="TR_a",
        kind=Kind.VIDEO,
        mid="0",
        codecs=(VP8,),
        extensions=(AUDIO_LEVEL,),
        rids=("q", "f"),
        sources=(Ssrcs(1, 2), Ssrcs(3, 4)),
        layers=(media.Layer(quality=media.Quality.LOW, width=320, height=180, bitrate=120_000, rid="q"),),
        muted=False,
    ),
    media.MuteTrack("TR_a", muted=True),
    media.Subscribe(
        transport_id=2, track="TR_a", mid="1", ssrcs=Ssrcs(65_538, 65_539), codecs=(VP8, OPUS), extensions=()
    ),
    media.Prefer(transport_id=2, track="TR_a", paused=False, quality=media.Quality.HIGH, fps=15, priority=1),
    media.SendData(2, reliable=True, payload=b"\x00hello"),
    media.LimitBandwidth(2, 300_000),
    media.MoveTransport(2, "RM_b"),
    media.Unsubscribe(2, "TR_a"),
    media.UnpublishTrack("TR_a"),
    media.CloseTransport(2),
)


@dataclass
class Told:
    events: list[media.Event] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: media.Event) -> None:
        self.events.append(event)
        self.more.set()

    async def until(self, wanted: media.Event) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while wanted not in self.events:
                self.more.clear()
                await self.more.wait()


@pytest_asyncio.fixture
async def told() -> Told:
    return Told()


@pytest_asyncio.fixture
async def plane(told: Told) -> AsyncIterator[NativePlane]:
    plane = NativePlane.start(LOOPBACK)
    plane.watch(told.take)
    yield plane
    await plane.stop()


def spec(number: int, room: str = "RM_a") -> media.TransportSpec:
    channels = (media.RELIABLE, media.LOSSY)
    return media.TransportSpec(transport_id=number, room=room, participant=f"PA_{number}", data_channels=channels)


async def test_a_transport_is_open_at_once_with_what_a_description_needs(plane: NativePlane) -> None:
    first, second = plane.open_transport(spec(1)), plane.open_transport(spec(2))
    assert len({first.ufrag, second.ufrag, first.pwd, second.pwd}) == 4
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint.algorithm == "sha-256"
    udp, tcp = first.candidates
    assert (udp.transport, udp.address, udp.type) == ("udp", "127.0.0.1", "host")
    assert (tcp.transport, tcp.tcp_type, tcp.port) == ("tcp", "passive", udp.port)
    assert udp.priority > tcp.priority
    again = plane.restart_ice(1)
    assert again.ufrag != first.ufrag
    assert again.candidates == first.candidates


async def test_every_command_of_the_port_is_understood(plane: NativePlane, told: Told) -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(media.Command))
    plane.open_transport(spec(1))
    plane.open_transport(spec(2))
    for command in COMMANDS:
        plane.perform(command)
    await told.until(media.Closed(2))


async def test_what_is_gone_gets_no_new_credentials_and_ignores_commands(plane: NativePlane, told: Told) -> None:
    plane.open_transport(spec(1))
    plane.perform(media.CloseTransport(1))
    await told.until(media.Closed(1))
    plane.perform(media.SendData(1, reliable=True, payload=b"nobody"))
    with pytest.raises(MediaPlaneUnavailable):
        plane.restart_ice(1)


async def test_the_last_events_are_handed_over_when_it_stops(plane: NativePlane, told: Told) -> None:
    plane.open_transport(spec(1))
    await plane.stop()
    assert media.Closed(1) in told.events


async def test_a_fault_in_whom_events_are_for_loses_no_other_event(told: Told) -> None:
    plane = NativePlane.start(LOOPBACK)

    def take(event: media.Event) -> None:
        told.take(event)
        if event == media.Closed(1):
            raise RuntimeError("somebody's mistake")

    plane.watch(take)
    for number in (1, 2):
        plane.open_transport(spec(number))
        plane.perform(media.CloseTransport(number))
    await told.until(media.Closed(2))
    await plane.stop()


async def test_what_threads_do_is_counted(plane: NativePlane) -> None:
    (udp, _) = plane.open_transport(spec(1)).candidates
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"\x80 nobody knows me", (udp.address, udp.port))
        async with asyncio.timeout(PATIENCE_S):
            # Threads leave their counters when they have done a turn, and tell nobody.
            while (counters := plane.counters().shards[0]).datagrams_in == 0:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.005)
    assert (counters.datagrams_in, counters.bytes_in, counters.panics) == (1, 17, 0)


async def test_a_port_in_use_is_told_by_the_setting_that_names_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"voice\.port.*{port}"):
            NativePlane.start(VoiceConfig(port=port, bind_addresses=("127.0.0.1",)))


async def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(Misconfigured, match="IP address"):
        NativePlane.start(VoiceConfig(port=0, bind_addresses=("somewhere",)))
