"""LiveKit's HTTP pages: `/rtc/validate` says why a socket was refused, `/twirp/livekit.RoomService/*` is its RPC.

Every answer may be read by any page: nothing here looks at a cookie, so a page can do no more than its token lets it.

Source: livekit-server, pkg/service/server.go (CORS) and rtcservice.go (validate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubbub.kernel import asgi
from hubbub.kernel.errors import HubbubError
from hubbub.voice.api.socket import PATHS, joining_of
from hubbub.voice.service import twirp
from hubbub.voice.service.twirp import Reply

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

    from hubbub.voice.service.voice import Voice

ROOM_SERVICE = "/twirp/livekit.RoomService/"
_TEXT = "text/plain; charset=utf-8"
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
]
_PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    # The star leaves out what carries credentials.
    (b"access-control-allow-headers", b"*, Authorization, Content-Type"),
    (b"access-control-max-age", b"86400"),
]


class VoicePages:
    """The HTTP face of voice as an ASGI application."""

    def __init__(self, voice: Voice) -> None:
        """Answer for the rooms of `voice`."""
        self._voice = voice

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return path.startswith(("/rtc/", "/twirp/")) or path == "/rtc"

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"].rstrip("/")
        if method == "OPTIONS":
            await _respond(send, Reply(204, _TEXT, b""), _PREFLIGHT)
        elif path.endswith("/validate") and path.removesuffix("/validate") in PATHS:
            await _respond(send, self._validate(scope))
        elif path.startswith(ROOM_SERVICE) and method == "POST":
            await _respond(send, await self._call(scope, receive))
        elif path.startswith("/twirp/"):
            sentence = f"There is no handler for {method} on this path."
            await _respond(send, Reply(404, "application/json", twirp.error_body("bad_route", sentence)))
        elif path in PATHS:
            await _respond(send, Reply(426, _TEXT, b"Signalling needs a WebSocket."), [(b"upgrade", b"websocket")])
        else:
            await _respond(send, Reply(404, _TEXT, b"There is nothing here."))

    def _validate(self, scope: HTTPScope) -> Reply:
        target = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        try:
            self._voice.check(joining_of(self._voice, target, _headers(scope)))
        except HubbubError as problem:
            return Reply(problem.status, _TEXT, problem.sentence.encode())
        return Reply(200, _TEXT, b"success")

    async def _call(self, scope: HTTPScope, receive: Receive) -> Reply:
        headers, body = _headers(scope), bytearray()
        while len(body) <= twirp.BODY_BYTES_MAX:
            message = await receive()
            if message["type"] != "http.request":
                break
            body += message["body"]
            if not message["more_body"]:
                break
        name = scope["path"].removeprefix(ROOM_SERVICE)
        now_s = self._voice.clock.unix_ms() / 1000
        return twirp.call(self._voice.room_service, name, headers, bytes(body), now_s=now_s)


def _headers(scope: HTTPScope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _respond(send: Send, reply: Reply, more: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *_CORS,
        *(more or []),
    ]
    await asgi.respond(send, reply.status, headers, reply.body)
