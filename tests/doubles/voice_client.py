"""A LiveKit client without a network: speaks through a `SignalConnection` and answers offers as a browser does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from livekit.protocol import models, rtc

from doubles.media_plane import MemoryMediaPlane
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.randomness import SeededRandom
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.sdp.description import Description, Direction, Setup
from hubbub.voice.domain.sdp.reader import read_description
from hubbub.voice.domain.sdp.writer import write_description
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.listener import Listeners
from hubbub.voice.service.report import Reports
from hubbub.voice.service.rooms import Rooms
from hubbub.voice.service.signal import SignalConnection

KEY, SECRET = "APIkey", "a secret of at least thirty-two bytes, as HS256 wants"
OFFERS = Path(__file__).parent.parent / "unit" / "voice" / "offers"
MICROPHONE_CID = "521dfa77-883c-40ab-b492-34cd4b40453f"
CAMERA_CID = "afa76c1c-72fb-4450-81b5-0d7cd161c54a"


@dataclass
class Happening:
    """What the listener was told."""

    events: list[tuple[str, str]] = field(default_factory=list)

    def happened(self, event, room, participant, track) -> None:
        self.events.append((event, participant.identity if participant is not None else room.name))


@dataclass
class World:
    """Rooms over a media plane that moves nothing, on virtual time."""

    config: VoiceConfig = field(default_factory=VoiceConfig)
    clock: ManualClock = field(default_factory=ManualClock)
    plane: MemoryMediaPlane = field(default_factory=MemoryMediaPlane)
    listener: Happening = field(default_factory=Happening)

    def __post_init__(self) -> None:
        self.clients: list[VoiceClient] = []
        self.rooms = Rooms(
            config=self.config,
            plane=self.plane,
            clock=self.clock,
            random=SeededRandom(7),
            secrets={KEY: SECRET},
            listeners=Listeners([self.listener]),
        )
        self.reports = Reports(self.rooms)

    def client(self, identity: str, **options) -> VoiceClient:
        """Return a client that has joined the room ``den``."""
        client = VoiceClient(self, identity, **options)
        self.clients.append(client)
        client.join()
        return client

    def settle(self) -> None:
        """Let all clients take what arrived until nothing more does."""
        while any([client.pump() for client in self.clients]):  # noqa: C419 - all of them, each time
            pass

    def pass_time(self, seconds: float) -> None:
        """Let time pass in steps of a second, as the sweep does."""
        for _ in range(round(seconds)):
            self.clock.advance(1)
            self.rooms.sweep()
            self.settle()


class VoiceClient:
    """One client."""

    def __init__(self, world: World, identity: str, *, room="den", single=False, grant=None, protocol=16, **joining):
        self.world = world
        self.identity = identity
        self.grant = grant or VideoGrant(room_join=True, room=room)
        self.single = single
        self.protocol = protocol
        self.joining = joining
        self.received: list[rtc.SignalResponse] = []
        self.connection = SignalConnection(world.rooms)
        self.answers = True

    def join(self, **more) -> None:
        """Open a new socket."""
        self.connection = SignalConnection(self.world.rooms)
        joining = Joining(
            claims=Claims(identity=self.identity, video=self.grant, name=self.identity.title()),
            key=KEY,
            client=models.ClientInfo(protocol=self.protocol),
            single=self.single,
            **{**self.joining, **more},
        )
        self.connection.open(joining)
        self.world.settle()

    def send(self, **message) -> None:
        """Send one request, and let everybody react."""
        self.connection.receive(rtc.SignalRequest(**message))
        self.world.settle()

    def pump(self) -> bool:
        """Take what arrived, and answer offers; return whether anything did."""
        arrived = self.connection.drain()
        self.received += arrived
        for response in arrived:
            if response.WhichOneof("message") == "offer" and self.answers:
                answered = browser_answer(read_description(response.offer.sdp))
                self.connection.receive(
                    rtc.SignalRequest(
                        answer=rtc.SessionDescription(
                            type="answer", sdp=write_description(answered), id=response.offer.id
                        )
                    )
                )
        return bool(arrived)

    def all(self, name: str) -> list:
        """Return the messages of one kind that arrived, in order."""
        return [getattr(each, name) for each in self.received if each.WhichOneof("message") == name]

    def last(self, name: str):
        """Return the latest message of one kind."""
        return self.all(name)[-1]

    @property
    def member(self):
        return self.connection.member

    def offer(self, name: str, number: int = 1) -> None:
        """Send an offer that a real client made."""
        self.send(offer=rtc.SessionDescription(type="offer", sdp=(OFFERS / f"{name}.sdp").read_text(), id=number))

    def publish(self, *, camera: bool = True, best_first: bool = False) -> list[str]:
        """Publish a microphone, and a camera in three layers, listed in either order; return their sids."""
        self.send(
            add_track=rtc.AddTrackRequest(cid=MICROPHONE_CID, type=models.AUDIO, source=models.MICROPHONE, name="mic")
        )
        if camera:
            sizes = ((320, 180), (640, 360), (1280, 720))
            layers = [
                models.VideoLayer(quality=number, width=width, height=height)
                for number, (width, height) in enumerate(sizes)
            ]
            if best_first:
                layers.reverse()
            self.send(
                add_track=rtc.AddTrackRequest(
                    cid=CAMERA_CID,
                    type=models.VIDEO,
                    source=models.CAMERA,
                    width=1280,
                    height=720,
                    layers=layers,
                    simulcast_codecs=[rtc.SimulcastCodec(codec="vp8", cid=CAMERA_CID)],
                )
            )
        self.offer("chromium_simulcast")
        return [each.track.sid for each in self.all("track_published")]

    def connect(self) -> None:
        """Let the media plane say that the primary transport is up."""
        self.world.reports.take(plane.Connected(self.member.primary.transport_id, "192.0.2.9:40000", "udp", 12))
        self.world.settle()


def browser_answer(offered: Description) -> Description:
    """Answer as a browser does: takes everything, sends nothing."""
    return Description(
        session_id=1,
        version=offered.version,
        bundle=offered.bundle,
        media=tuple(
            replace(
                media,
                direction=Direction.RECVONLY if media.direction.sends else Direction.INACTIVE,
                setup=Setup.ACTIVE,
                ice_ufrag="peer",
                msids=(),
                sources=(),
                source_groups=(),
            )
            for media in offered.media
        ),
    )
