"""A relay of datagrams that loses some: between clients and the media port, told apart by the order of their coming."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from typing_extensions import override


class LossyRelay(asyncio.DatagramProtocol):
    """Relays for `server`; each client gets a socket of its own there."""

    def __init__(self, server: tuple[str, int], *, seed: int = 1) -> None:
        self.server = server
        self.up: dict[int, float] = {}
        """Share lost of what a client sends, by its number from 0."""
        self.down: dict[int, float] = {}
        """Share lost of what a client is sent."""
        self._random = random.Random(seed)
        self._clients: dict[Any, tuple[int, asyncio.Future[asyncio.DatagramTransport]]] = {}
        self._front: asyncio.DatagramTransport | None = None

    async def listen(self, host: str, port: int) -> None:
        """Relay what comes to `host` and `port` from now on."""
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))

    def close(self) -> None:
        """Relay nothing any more."""
        for _, made in self._clients.values():
            if made.done():
                made.result().close()
        if self._front is not None:
            self._front.close()

    @override
    def datagram_received(self, data: bytes, addr: Any) -> None:
        known = self._clients.get(addr)
        if known is None:
            number = len(self._clients)
            made = asyncio.get_running_loop().create_future()
            known = self._clients[addr] = (number, made)
            self._opening = asyncio.create_task(self._open(addr, number, made))
        number, made = known
        if self._random.random() >= self.up.get(number, 0.0) and made.done():
            made.result().sendto(data, self.server)

    async def _open(self, client: Any, number: int, made: asyncio.Future[asyncio.DatagramTransport]) -> None:
        relay = self

        class Back(asyncio.DatagramProtocol):
            @override
            def datagram_received(self, data: bytes, addr: Any) -> None:
                if relay._front is not None and relay._random.random() >= relay.down.get(number, 0.0):
                    relay._front.sendto(data, client)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Back, local_addr=(self.server[0], 0))
        made.set_result(transport)
