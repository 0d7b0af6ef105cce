"""A real uvicorn with voice on it, over a media plane that moves nothing, inside the test's loop."""

import asyncio
import contextlib
import time

import uvicorn
import websockets
from livekit.protocol import models, rtc

from doubles.gateway_server import eventually
from doubles.media_plane import MemoryMediaPlane
from doubles.voice_client import KEY, SECRET
from hubbub.app.sockets import websocket_class
from hubbub.kernel.clock import SystemClock
from hubbub.kernel.randomness import SystemRandom
from hubbub.voice.api.pages import VoicePages
from hubbub.voice.api.socket import SignalFace
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.token import sign_token
from hubbub.voice.service.voice import Voice


class VoiceServer:
    """A server on a port of its own."""

    def __init__(self, config=None, plane=None):
        self.plane = plane or MemoryMediaPlane()
        self.secrets = {KEY: SECRET}
        self.voice = Voice(config or VoiceConfig(), self.plane, self.secrets, SystemClock(), SystemRandom())
        settings = uvicorn.Config(
            VoicePages(self.voice),
            port=0,
            ws=websocket_class([SignalFace(self.voice)]),
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=5,
        )
        self.uvicorn = uvicorn.Server(settings)
        self.uvicorn.capture_signals = contextlib.nullcontext

    async def __aenter__(self):
        self._tasks = [asyncio.create_task(self.uvicorn.serve()), asyncio.create_task(self.voice.run())]
        await eventually(lambda: self.uvicorn.started)
        port = self.uvicorn.servers[0].sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_):
        self.uvicorn.should_exit = True
        async with asyncio.timeout(10):
            await self._tasks[0]
        self._tasks[1].cancel()

    def token(self, identity="ada", *, room="den", key=KEY, secret=SECRET, lifetime_s=600, **grant):
        claims = Claims(identity=identity, video=VideoGrant(room_join=True, room=room, **grant))
        return sign_token(claims, key, secret, now_s=int(time.time()), lifetime_s=lifetime_s)

    def connect(self, token, *, path="/rtc", query="&protocol=16", **options):
        address = f"ws://{self.address}{path}?access_token={token}{query}"
        return websockets.connect(address, compression=None, **options)


async def receive(socket, name):
    """Return the next message of one kind, those before it thrown away."""
    async with asyncio.timeout(10):
        while True:
            response = rtc.SignalResponse.FromString(await socket.recv(decode=False))
            if response.WhichOneof("message") == name:
                return getattr(response, name)


async def announce(socket, cid="mic"):
    """Announce a microphone and return what the server says of it."""
    request = rtc.AddTrackRequest(cid=cid, type=models.AUDIO, source=models.MICROPHONE)
    await socket.send(rtc.SignalRequest(add_track=request).SerializeToString())
    return await receive(socket, "track_published")
