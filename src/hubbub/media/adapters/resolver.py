"""Looks names up for the fetcher, beside everything else that this process looks up.

A member's link may name a host whose DNS server never answers. A lookup that hangs holds one of our own few threads,
not those that files and passwords wait for, and a stop does not wait for it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from hubbub.media.domain.guard import Address
from hubbub.media.errors import LinkUnreachable

Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""Returns every address of a name, for a port; raises `LinkUnreachable` when there is none."""

ADDRESSES_MAX: Final = 32
"""Addresses of one name that are looked at; a name with more is refused, since the rest would go unvetted."""
_DISCARD_PORT: Final = 9


class SystemResolver:
    """The system's lookups, at most so many at a time."""

    def __init__(self, lookups_max: int = 8) -> None:
        """Run at most `lookups_max` lookups at a time, those that nobody waits for any more included."""
        self._free = threading.BoundedSemaphore(lookups_max)

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        """Return the addresses of `host`.

        Raises:
            LinkUnreachable: It has none, has too many, or too many other lookups hang.
        """
        if not self._free.acquire(blocking=False):
            raise LinkUnreachable(reason="too many names are being looked up")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Address]] = loop.create_future()

        def tell(answer: list[Address]) -> None:
            if not found.done():
                found.set_result(answer)

        def look() -> None:
            try:
                answer = _look_up(host, port)
            finally:
                self._free.release()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(tell, answer)

        threading.Thread(target=look, name="link-lookup", daemon=True).start()
        addresses = await found
        if not 0 < len(addresses) <= ADDRESSES_MAX:
            raise LinkUnreachable(reason=f"the name has {len(addresses)} addresses")
        return addresses


def is_own(address: Address) -> bool:
    """Return whether an address is one of this machine's.

    The kernel is asked: to reach one of its own addresses it would send from that very address. Nothing is sent.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - the version's number
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), _DISCARD_PORT))
            source = ipaddress.ip_address(probe.getsockname()[0])
        except (OSError, ValueError):
            return False  # there is no way to it at all, so no way to us
        return source == address


def _look_up(host: str, port: int) -> list[Address]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ipaddress.ip_address(answer[4][0]) for answer in answers))
