"""A real uvicorn with the gateway's seam and a plain ASGI app, inside the test's loop."""

import asyncio
import contextlib

import uvicorn
import websockets

from hubbub.app.sockets import websocket_class
from hubbub.gateway.api.socket import GatewayFace


async def eventually(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing there to signal it
            await asyncio.sleep(0.01)


async def app(scope, receive, send):
    """Answer HTTP with a word, and echo on any WebSocket."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"over http"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": "echo " + message["text"]})


class Server:
    """A uvicorn with a hub, inside the test's loop."""

    def __init__(self, world):
        self.world = world
        config = uvicorn.Config(
            app,
            port=0,
            ws=websocket_class([GatewayFace(world.hub)]),
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=5,
        )
        self.uvicorn = uvicorn.Server(config)
        self.uvicorn.capture_signals = contextlib.nullcontext

    async def __aenter__(self):
        await self.world.hub.start()
        self._task = asyncio.create_task(self.uvicorn.serve())
        await eventually(lambda: self.uvicorn.started)
        self.port = self.uvicorn.servers[0].sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.uvicorn.should_exit = True
        async with asyncio.timeout(10):
            await self._task
        await self.world.hub.stop()

    def connect(self, query="?v=10&encoding=json", path="/gateway", **options):
        return websockets.connect(f"ws://127.0.0.1:{self.port}{path}{query}", compression=None, **options)
