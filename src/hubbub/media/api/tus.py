"""tus at `/media/uploads`, as an ASGI application.

| Address | Methods |
|---|---|
| `/media/uploads` | OPTIONS, POST |
| `/media/uploads/{id}` | OPTIONS, GET (JSON), HEAD, PATCH, PUT, DELETE |

All but OPTIONS want a media key: `Authorization: Bearer KEY.SECRET`. An address with `?token=` in place of it is a
capability for one upload: whoever has it may fill the upload, by tus or by one PUT of all its bytes, and end it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from hubbub.kernel import asgi, telemetry
from hubbub.kernel.asgi import name_route
from hubbub.kernel.errors import FieldProblem, HubbubError, InvalidForm, document
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.config import MediaConfig
from hubbub.media.domain import answer
from hubbub.media.domain.answer import Answer
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.tus import PATH, Append, Ask, Create, Discover, Inspect, Put, Request, parse
from hubbub.media.errors import TokenRefused, UploadUnknown
from hubbub.media.service.keys import MediaKeys
from hubbub.media.service.uploads import Uploads
from hubbub.media.service.writing import BodyCut

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

_ONE = re.compile(rf"{PATH}/(\d{{1,19}})", re.ASCII)

WAIT_S_MAX: Final = 30
"""Seconds that `GET` waits at most, which is less than proxies commonly do."""
_WAIT = re.compile(rb"(?:^|&)wait=([^&]*)")
_TOKEN = re.compile(rb"(?:^|&)token=([^&]*)")

_log = telemetry.logger("hubbub.media")


class UploadPages:
    """The HTTP face of uploads."""

    def __init__(
        self,
        uploads: Uploads,
        keys: MediaKeys,
        config: MediaConfig,
        address: Callable[[Asset], str],
        admits: Callable[[int, str], bool],
        settled: Callable[[int, float], Awaitable[object]],
        streams: Callable[[Asset], Awaitable[Mapping[str, str]]] | None = None,
    ) -> None:
        """Answer from `uploads`.

        Args:
            uploads: All of them.
            keys: Who is let in.
            config: Limits.
            address: Tells where a file is delivered.
            admits: Whether a token is good for an upload.
            settled: Returns once a file is ready or refused, or so many seconds are over.
            streams: Tells what a recording is played by; None for nothing.
        """
        self._uploads = uploads
        self._keys = keys
        self._config = config
        self._address = address
        self._admits = admits
        self._settled = settled
        self._streams = streams

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return path == PATH or path.startswith(f"{PATH}/")

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request; one whose body was cut off has nobody left to answer."""
        of_upload = scope["path"].rstrip("/") != PATH
        name_route(scope, f"{PATH}/{{upload_id}}" if of_upload else PATH)
        body = b""
        try:
            answered, body = await self._answer(scope, receive, of_upload=of_upload)
        except BodyCut:
            await _respond(send, Answer(408, (("Connection", "close"),)), b"")
            return
        except HubbubError as problem:
            answered, body = answer.refused(problem, of_upload=of_upload), msgspec.json.encode(document(problem))
        except Exception:  # noqa: BLE001 - what nobody foresaw is told to the log, and to the client that it happened
            _log.exception("an upload request could not be answered")
            failure = HubbubError()
            answered, body = answer.refused(failure, of_upload=of_upload), msgspec.json.encode(document(failure))
        await _respond(send, answered, b"" if scope["method"] == "HEAD" else body)

    async def _answer(self, scope: HTTPScope, receive: Receive, *, of_upload: bool) -> tuple[Answer, bytes]:
        request = parse(scope["method"], scope["headers"], of_upload=of_upload)
        if isinstance(request, Discover):
            return answer.discovered(self._config.upload_bytes_max), b""
        owner = await self._owner(scope, of_upload=of_upload)
        body = _body(receive, self._config.upload_silence_s)
        if isinstance(request, Create):
            return answer.created(await self._uploads.create(owner, request, body)), b""
        upload_id = _id_in(scope["path"])
        if isinstance(request, Ask):
            return answer.told(), await self._facts(owner, upload_id, _wait_s(scope["query_string"]))
        return await self._answer_one(owner, upload_id, request, body)

    async def _facts(self, owner: str, upload_id: int, wait_s: float) -> bytes:
        """Return what is known of an upload, waiting for what it becomes if all bytes are there."""
        found = await self._uploads.find(owner, upload_id)
        asset, progress = await self._uploads.asset_of(found)
        if asset is not None and not asset.is_settled and wait_s:
            await self._settled(asset.id, wait_s)
            asset, progress = await self._uploads.asset_of(found)
        url = "" if asset is None else self._address(asset)
        streams = {} if asset is None or self._streams is None else await self._streams(asset)
        return msgspec.json.encode(answer.facts(found, asset, progress, url, streams))

    async def _owner(self, scope: HTTPScope, *, of_upload: bool) -> str:
        """Return whose uploads a request may touch; its token opens the one upload that it is for."""
        token = _token_in(scope["query_string"]) if of_upload else None
        if token is None:
            authorization = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            return (await self._keys.admit(authorization.decode("latin-1"))).owner
        upload_id = _id_in(scope["path"])
        if not self._admits(upload_id, token):
            raise TokenRefused
        return await self._uploads.owner_of(upload_id)

    async def _answer_one(
        self, owner: str, upload_id: int, request: Request, body: AsyncIterator[bytes]
    ) -> tuple[Answer, bytes]:
        match request:
            case Append():
                return answer.appended(await self._uploads.append(owner, upload_id, request, body)), b""
            case Put():
                await self._uploads.put(owner, upload_id, request, body)
                return answer.stored(), b""
            case Inspect():
                return answer.inspected(await self._uploads.find(owner, upload_id)), b""
            case _:
                await self._uploads.terminate(owner, upload_id)
                return answer.terminated(), b""


def _id_in(path: str) -> int:
    found = _ONE.fullmatch(path.rstrip("/"))
    if found is None or int(found[1]) > SNOWFLAKE_MAX:
        raise UploadUnknown
    return int(found[1])


def _wait_s(query: bytes) -> float:
    found = _WAIT.search(query)
    if found is None:
        return 0.0
    if re.fullmatch(rb"\d{1,3}", found[1]) is None:
        raise InvalidForm(fields=[FieldProblem("wait", "NUMBER_TYPE_COERCE", "It is a whole number of seconds.")])
    return float(min(int(found[1]), WAIT_S_MAX))


def _token_in(query: bytes) -> str | None:
    found = _TOKEN.search(query)
    return None if found is None else found[1].decode("latin-1")


async def _body(receive: Receive, silence_s: float) -> AsyncIterator[bytes]:
    """Yield a request's body; raises `BodyCut` when its connection goes, or is silent for so many seconds."""
    while True:
        try:
            async with asyncio.timeout(silence_s):
                message = await receive()
        except TimeoutError as silence:
            raise BodyCut from silence
        if message["type"] != "http.request":
            raise BodyCut
        if message["body"]:
            yield message["body"]
        if not message["more_body"]:
            return


async def _respond(send: Send, answered: Answer, body: bytes) -> None:
    headers = asgi.encoded((*answered.headers, *answer.SHARED))
    headers.append((b"x-content-type-options", b"nosniff"))
    if body:
        headers.append((b"content-type", b"application/json"))
    if answered.status != 204:  # noqa: PLR2004 - RFC 9110, 8.6: such an answer tells no length
        headers.append((b"content-length", b"%d" % len(body)))
    await asgi.respond(send, answered.status, headers, body)
