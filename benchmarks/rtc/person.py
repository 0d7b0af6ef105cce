"""A person in a call: LiveKit's signalling with two peer connections, as its Go client does it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from livekit.protocol import models, rtc
from websockets.asyncio.client import ClientConnection, connect

from rtc import sdp
from rtc.load import WAIT_S, Load

VIDEO_BITS_PER_SECOND = 1_500_000


@dataclass(frozen=True, slots=True)
class Venue:
    """A server and the key to it."""

    url: str
    key: str
    secret: str
    bind: str = "127.0.0.1"
    """The address that people's sockets bind."""

    def token(self, room: str, identity: str) -> str:
        """Return an access token that lets somebody join, talk and listen."""
        video = {"roomJoin": True, "room": room, "canPublish": True, "canSubscribe": True}
        now = int(time.time())
        claims = {"iss": self.key, "sub": identity, "nbf": now - 5, "exp": now + 600, "video": video}
        return jwt.encode(claims, self.secret, algorithm="HS256")


@dataclass(slots=True)
class Way:
    """One of the two peer connections."""

    number: int
    local: sdp.Local
    remote: sdp.Remote | None = None
    connecting: bool = False
    connected: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Person:
    """Somebody in a room."""

    venue: Venue
    load: Load
    socket: ClientConnection
    receiving: Way
    sending: Way | None = None
    published: dict[str, asyncio.Event] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    subscribed: int = 0
    """Sections with media in the newest offer."""

    @classmethod
    async def join(cls, venue: Venue, load: Load, room: str, identity: str) -> Person:
        """Join a room and receive everything in it."""
        query = f"access_token={venue.token(room, identity)}&auto_subscribe=1&protocol=16&sdk=go&version=2.4.0"
        address = f"{venue.url.replace('http', 'ws', 1)}/rtc?{query}"
        socket = await connect(address, max_size=1 << 22, compression=None)
        person = cls(venue, load, socket, Way(*await load.open(venue.bind)))
        person.tasks.append(asyncio.create_task(person._listen()))
        return person

    async def publish(self, *streams: sdp.Sent) -> None:
        """Send streams, all in one offer."""
        self.sending = Way(*await self.load.open(self.venue.bind))
        for stream in streams:
            kind = models.VIDEO if stream.video else models.AUDIO
            source = models.CAMERA if stream.video else models.MICROPHONE
            layers = [models.VideoLayer(quality=models.HIGH, width=1280, height=720, bitrate=VIDEO_BITS_PER_SECOND)]
            wanted = rtc.AddTrackRequest(
                cid=stream.cid,
                name=stream.cid,
                type=kind,
                source=source,
                width=1280 if stream.video else 0,
                height=720 if stream.video else 0,
                layers=layers if stream.video else [],
                disable_red=True,
            )
            self.published[stream.cid] = asyncio.Event()
            await self._say(rtc.SignalRequest(add_track=wanted))
        for told in self.published.values():
            await asyncio.wait_for(told.wait(), WAIT_S)
        offered = sdp.offer(self.sending.local, list(streams), 1)
        await self._say(rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp=offered)))
        await asyncio.wait_for(self.answered.wait(), WAIT_S)
        await asyncio.wait_for(self.sending.connected.wait(), WAIT_S)
        for mid, stream in enumerate(streams):
            self.load.publish(
                id=self.sending.number,
                content="video" if stream.video else "audio",
                ssrc=stream.ssrc,
                payload_type=stream.payload_type,
                bits_per_second=stream.bits_per_second,
                manner=stream.manner,
                mid=str(mid),
                mid_extension=sdp.extension(sdp.MID),
                level_extension=0 if stream.video else sdp.extension(sdp.LEVEL),
            )

    async def leave(self) -> None:
        """Leave the room."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._say(rtc.SignalRequest(leave=rtc.LeaveRequest()))
        await self.socket.close()
        for way in (self.receiving, self.sending):
            if way is not None:
                self.load.close(way.number)

    async def _say(self, message: Any) -> None:
        await self.socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        async for frame in self.socket:
            assert isinstance(frame, bytes)
            told = rtc.SignalResponse.FromString(frame)
            match told.WhichOneof("message"):
                case "offer":
                    await self._offered(told.offer)
                case "answer":
                    assert self.sending is not None
                    await self._learn(self.sending, told.answer.sdp)
                    self.answered.set()
                case "trickle":
                    await self._trickled(told.trickle)
                case "track_published":
                    self.published[told.track_published.cid].set()
                case "leave":
                    raise RuntimeError(f"the server ended the call: {told.leave}")
                case _:
                    pass

    async def _offered(self, offer: rtc.SessionDescription) -> None:
        self.subscribed = offer.sdp.count("a=sendonly") + offer.sdp.count("a=sendrecv")
        await self._learn(self.receiving, offer.sdp)
        answered = sdp.answer(self.receiving.local, offer.sdp)
        message = rtc.SessionDescription(type="answer", sdp=answered, id=offer.id)
        await self._say(rtc.SignalRequest(answer=message))

    async def _learn(self, way: Way, text: str) -> None:
        known = way.remote
        way.remote = sdp.read_remote(text)
        if known is not None:
            way.remote.addresses += known.addresses
            # Who comes first is offered no media at first, so no extensions either.
            if way.connecting and way.remote.transport_cc != known.transport_cc:
                self.load.renumber(way.number, way.remote.transport_cc)
        self._connect(way)

    async def _trickled(self, trickle: rtc.TrickleRequest) -> None:
        way = self.receiving if trickle.target == rtc.SUBSCRIBER else self.sending
        if way is None:
            return
        if way.remote is None:
            way.remote = sdp.Remote("", "", "", client=True, transport_cc=0)
        way.remote.addresses += sdp.read_candidates(trickle.candidateInit)
        self._connect(way)

    def _connect(self, way: Way) -> None:
        remote = way.remote
        if way.connecting or remote is None or not remote.ufrag:
            return
        usable = [each for each in remote.addresses if each[0].startswith(self.venue.bind.rpartition(".")[0])]
        if not usable:
            return
        way.connecting = True

        async def work() -> None:
            await self.load.connect(way.number, remote, usable[0], controlling=way is self.sending)
            way.connected.set()

        self.tasks.append(asyncio.create_task(work()))
