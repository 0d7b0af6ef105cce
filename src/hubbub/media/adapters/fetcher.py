"""Fetches what a link names, from the public web and nowhere else, within bounds.

A name is looked up once for each request. All its addresses are vetted, one of these very addresses is connected to,
and the connection serves this request alone: there is no moment at which a name could begin to stand for another
address. TLS still speaks for the name. A redirect is a new request, vetted like the first.

Nothing of a member goes out: no cookies, no referrer, no address but this server's own.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

import httpcore
import httpx
from typing_extensions import override

from hubbub.media.adapters.resolver import Resolver, SystemResolver, is_own
from hubbub.media.adapters.turns import Turns
from hubbub.media.domain.guard import PUBLIC_WEB, Address, Allowed, Target, check_address, target
from hubbub.media.errors import LinkRefused, LinkUnreachable, LinkUnsuitable

REDIRECTS_MAX: Final = 5
HEADER_BYTES_MAX: Final = 32 * 1024
"""Status line and headers of an answer, interim answers included."""
_READ_BYTES: Final = 16 * 1024
_CONNECTS_MAX: Final = 3
"""Addresses of a name that are tried, each after the one before refused."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_OK: Final = 200
_ZLIB_OR_GZIP: Final = zlib.MAX_WBITS | 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far fetches go."""

    allowed: Allowed = PUBLIC_WEB
    """What is open beyond the public web."""
    barred_hosts: frozenset[str] = frozenset()
    """Names that are never asked: this server's own."""
    fetches_max: int = 8
    """Requests at a time, over all hosts; of one host there is one."""
    waiting_max: int = 64
    """Requests that may wait for their turn."""
    time_max_s: float = 10.0
    """Seconds for one fetch, redirects included, its waits for a turn not."""


class Want(NamedTuple):
    """What is taken of one type of answer."""

    bytes_max: int
    """After decompression."""
    may_be_cut: bool
    """Whether the beginning alone will do; if not, a longer answer is refused."""


class Fetched(NamedTuple):
    """What was answered."""

    url: str
    """Where redirects ended."""
    content_type: str
    """Media type in lower case, without parameters."""
    charset: str
    """As the header says it; empty when it does not."""
    body: bytes


class Fetcher:
    """Fetches links, one at a time from each host."""

    def __init__(
        self,
        reach: Reach,
        user_agent: str,
        *,
        resolve: Resolver | None = None,
        owns: Callable[[Address], bool] = is_own,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Make a fetcher; nothing is opened.

        Args:
            reach: How far it goes.
            user_agent: What it calls itself.
            resolve: Looks names up; None asks the system.
            owns: Tells this machine's own addresses.
            tls: Whom to trust; None trusts the usual authorities.
        """
        self._reach = reach
        self._user_agent = user_agent
        self._resolve = resolve or SystemResolver()
        self._owns = owns
        self._tls = tls
        self._turns = Turns(reach.fetches_max, reach.waiting_max)

    async def fetch(self, url: str, wants: Mapping[str, Want]) -> Fetched:
        """Return what `url` leads to.

        Args:
            url: An absolute URL.
            wants: What is taken, by media type (`text/html`) or its first half (`image/`).

        Raises:
            LinkRefused: It, or a redirect, leads where the guard lets nobody.
            LinkUnreachable: Nobody answered, or not in time.
            LinkUnsuitable: What was answered is not wanted.
        """
        loop = asyncio.get_running_loop()
        left_s = self._reach.time_max_s
        for _ in range(REDIRECTS_MAX + 1):
            # Vetted before a turn is waited for: most refusals need no network.
            place = target(url, self._reach.allowed, self._reach.barred_hosts)
            async with self._turns.turn(place.host):
                began_s = loop.time()
                try:
                    async with asyncio.timeout(left_s):
                        answer = await self._request(place, wants)
                except TimeoutError as problem:
                    raise LinkUnreachable(reason="took too long") from problem
            if isinstance(answer, Fetched):
                return answer
            left_s -= loop.time() - began_s
            url = answer
        raise LinkUnsuitable(reason="redirects too often")

    async def _request(self, place: Target, wants: Mapping[str, Want]) -> Fetched | str:
        """Return what one host answers, or where it says to ask instead."""
        backend = _Pinned(await self._vetted(place))
        headers = [
            (b"Host", place.authority.encode()),
            (b"User-Agent", self._user_agent.encode()),
            (b"Accept", ", ".join(f"{kind}*" if kind.endswith("/") else kind for kind in wants).encode()),
            (b"Accept-Encoding", b"gzip, deflate"),
            (b"Connection", b"close"),
        ]
        url = httpcore.URL(
            scheme=place.scheme.encode(), host=place.host.encode(), port=place.port, target=place.path.encode()
        )
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx.create_ssl_context)
        try:
            async with AsyncExitStack() as stack:
                pool = httpcore.AsyncConnectionPool(
                    self._tls, max_connections=1, max_keepalive_connections=0, network_backend=backend
                )
                await stack.enter_async_context(pool)
                response = await stack.enter_async_context(pool.stream(b"GET", url, headers=headers))
                return await _answer(place, response, backend, wants)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as problem:
            raise LinkUnreachable(reason=f"{type(problem).__name__}: {problem}") from problem

    async def _vetted(self, place: Target) -> Sequence[Address]:
        """Return the addresses of a host if every one of them may be connected to."""
        found = [place.address] if place.address is not None else await self._resolve(place.host, place.port)
        trusted = self._reach.allowed.host(place.host, place.port)
        for address in found:
            check_address(address, allowed=self._reach.allowed, trusted=trusted, own=self._owns(address))
        return found


async def _answer(
    place: Target, response: httpcore.Response, backend: _Pinned, wants: Mapping[str, Want]
) -> Fetched | str:
    headers = {name.lower(): value for name, value in response.headers}
    if response.status in _REDIRECTS and b"location" in headers:
        return _joined(place.url, headers[b"location"])
    if response.status != _OK:
        raise LinkUnsuitable(reason=f"status {response.status}")
    content_type, charset = _media_type(headers.get(b"content-type", b""))
    want = wants.get(content_type) or wants.get(content_type.partition("/")[0] + "/")
    if want is None:
        raise LinkUnsuitable(reason=f"is {content_type or 'of no type'}")
    length = headers.get(b"content-length", b"")
    if not want.may_be_cut and length.isdigit() and int(length[:20]) > want.bytes_max:
        raise LinkUnsuitable(reason="is too large")
    # Chunks of a byte each cost six on the wire; whoever sends so is not worth listening to for long.
    backend.may_read(2 * want.bytes_max)
    body = await _body(response, headers.get(b"content-encoding", b""), want)
    return Fetched(place.url, content_type, charset, body)


async def _body(response: httpcore.Response, encoding: bytes, want: Want) -> bytes:
    """Return the body decompressed, never holding more than is wanted and a byte."""
    unpack = _decoder(encoding)
    parts: list[bytes] = []
    left = want.bytes_max + 1
    async for packed in response.aiter_stream():
        part = packed[:left] if unpack is None else _unpacked(unpack, packed, left)
        parts.append(part)
        left -= len(part)
        if left == 0:
            if not want.may_be_cut:
                raise LinkUnsuitable(reason="is too large")
            return b"".join(parts)[: want.bytes_max]
        if unpack is not None and unpack.eof:
            break
    return b"".join(parts)


def _decoder(encoding: bytes) -> Any:
    """Return what decompresses a body; None for one that is plain."""
    name = encoding.strip().lower()
    if name in {b"", b"identity"}:
        return None
    if name in {b"gzip", b"x-gzip", b"deflate"}:
        return zlib.decompressobj(_ZLIB_OR_GZIP)
    raise LinkUnsuitable(reason="is compressed as was not offered")


def _unpacked(unpack: Any, packed: bytes, bytes_max: int) -> bytes:
    try:
        unpacked: bytes = unpack.decompress(packed, bytes_max)
    except zlib.error as problem:
        raise LinkUnsuitable(reason="is not compressed as it says") from problem
    return unpacked


def _media_type(header: bytes) -> tuple[str, str]:
    """Return media type and charset of a Content-Type header."""
    essence, *parameters = header.decode("latin-1").split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip("\"'").lower()
            break
    return essence.strip().lower(), charset


def _joined(base: str, location: bytes) -> str:
    """Return where a redirect leads; browsers read its bytes as UTF-8, and so do those who write them."""
    try:
        return urljoin(base, location.decode("utf-8", "replace").strip())
    except ValueError as problem:
        raise LinkRefused(reason="redirects to no URL") from problem


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to vetted addresses, whatever name it is told, and reads no more than it may."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses
        self._inner = httpcore.AnyIOBackend()
        self._left = HEADER_BYTES_MAX

    def may_read(self, bytes_more: int) -> None:
        """Let so many bytes be read beyond those of the headers."""
        self._left += bytes_more

    def count(self, bytes_read: int) -> None:
        """Count bytes from the wire; raises `LinkUnsuitable` beyond the bound."""
        self._left -= bytes_read
        if self._left < 0:
            raise LinkUnsuitable(reason="sends too much")

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        problem: Exception = LinkUnreachable(reason="has no address")
        for address in self._addresses[:_CONNECTS_MAX]:
            try:
                stream = await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError as refusal:
                problem = refusal
                continue
            return _Counted(stream, self)
        raise problem

    @override
    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise LinkRefused(reason="names a socket of this machine")

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Counted(httpcore.AsyncNetworkStream):
    """A stream whose bytes are counted."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, backend: _Pinned) -> None:
        self._inner = inner
        self._backend = backend

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read = await self._inner.read(min(max_bytes, _READ_BYTES), timeout)
        self._backend.count(len(read))
        return read

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Counted(await self._inner.start_tls(ssl_context, server_hostname, timeout), self._backend)

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
