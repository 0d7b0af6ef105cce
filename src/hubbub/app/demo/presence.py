"""Keeps some of the demonstration's people online: real sessions on the real gateway, as browsers hold them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from hubbub.app.demo.world import load
from hubbub.app.errors import ServerGone
from hubbub.app.house import House, gateway_url
from hubbub.community.api.auth import PLAIN_COOKIE
from hubbub.community.errors import UnknownUser
from hubbub.community.service.sessions import Browser

_HEARTBEAT, _IDENTIFY = 1, 2
_GOODBYE_S = 2.0
"""How long a guest waits for the server's goodbye: whoever presses Ctrl-C does not wait for a busy server."""
_GUILDS = 1
"""The one intent that is asked for: nobody reads what arrives."""


class Guest(msgspec.Struct, frozen=True):
    """Somebody to keep online."""

    username: str
    status: str
    url: str
    """Address of the server."""
    secret: str
    """Of the session."""


async def enter(house: House) -> list[Guest]:
    """Return a session for each of the demonstration's people who is to be online and lives here."""
    guests = []
    for person in load().people:
        if person.status is None:
            continue
        try:
            user = await house.community.accounts.by_username(person.username)
        except UnknownUser:
            continue
        session = await house.community.sessions.open(user.id, Browser("", "Demonstration"))
        guests.append(Guest(person.username, person.status, house.public_url, session.secret))
    return guests


async def stay(guests: Sequence[Guest], say: Callable[[str], None]) -> None:
    """Keep `guests` online until cancelled, telling `say` once all of them are.

    Raises:
        ServerGone: The server cannot be reached, or stopped.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            here = [asyncio.Event() for _ in guests]
            for guest, arrived in zip(guests, here, strict=True):
                tasks.create_task(_attend(guest, arrived))
            for arrived in here:
                await arrived.wait()
            say(f"{len(guests)} people are online. Ctrl-C sends them home.")
    except ExceptionGroup as problems:
        if problems.subgroup((OSError, WebSocketException)) is None:
            raise
        raise ServerGone("The server stopped or cannot be reached, so nobody is online any more.") from None


async def _attend(guest: Guest, arrived: asyncio.Event) -> None:
    headers = {"Cookie": f"{PLAIN_COOKIE}={guest.secret}", "Origin": guest.url}
    address = f"{gateway_url(guest.url)}/?v=10&encoding=json"
    async with connect(
        address, additional_headers=headers, compression=None, max_size=None, proxy=None, close_timeout=_GOODBYE_S
    ) as socket:
        hello = json.loads(await socket.recv())
        presence: dict[str, object] = {"status": guest.status, "activities": [], "since": None, "afk": False}
        properties = {"os": "demonstration", "browser": "hubbub", "device": "hubbub"}
        identify = {"token": "session", "intents": _GUILDS, "properties": properties, "presence": presence}
        await socket.send(json.dumps({"op": _IDENTIFY, "d": identify}))
        beating = asyncio.create_task(_beat(socket, hello["d"]["heartbeat_interval"] / 1000))
        try:
            while True:
                if json.loads(await socket.recv()).get("t") == "READY":
                    arrived.set()
        finally:
            beating.cancel()
            # Said as a goodbye, or the gateway would wait for them to resume.
            await socket.close()


async def _beat(socket: ClientConnection, every_s: float) -> None:
    try:
        while True:
            await asyncio.sleep(every_s / 2)
            await socket.send(json.dumps({"op": _HEARTBEAT, "d": None}))
    except ConnectionClosed:
        return
