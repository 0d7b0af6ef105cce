"""The record of calls in this process: what is kept of them, how often it is written, and who may look."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from hubbub.app.errors import NotOperator
from hubbub.app.upkeep import every, meanwhile
from hubbub.community.adapters import guild_statements
from hubbub.community.api.auth import Credentials, caller
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.voice.adapters.call_store import CallStore
from hubbub.voice.service.call_book import CallBook
from hubbub.voice.service.call_state import Place
from hubbub.voice.service.quality import QualityRecorder

if TYPE_CHECKING:
    from litestar.types import HTTPScope

    from hubbub.app.house import House

_WRITE_EVERY_S = 5.0
"""As often as legs are measured; what is lost with a killed process is the minute that was open, no more."""
_FORGET_EVERY_S = 3600.0
_ID_DIGITS = range(15, 20)
"""Digits of snowflakes; the rooms of channels are named by theirs."""


class CallRecords(NamedTuple):
    """What writes down calls, and what reads them."""

    recorder: QualityRecorder
    book: CallBook


@contextlib.asynccontextmanager
async def open_call_records(house: House) -> AsyncIterator[CallRecords]:
    """Write down calls while the context lasts; leave it after the last of them ended."""
    store = CallStore(house.records)
    recorder = QualityRecorder(
        store,
        house.config.voice,
        house.clock,
        SnowflakeGenerator(house.clock, house.config.node).next,
        place_of=partial(_place_of, house),
    )
    await recorder.start()
    try:
        async with meanwhile(every(_WRITE_EVERY_S, recorder.flush), every(_FORGET_EVERY_S, recorder.sweep)):
            yield CallRecords(recorder, CallBook(store, house.clock, recorder))
    finally:
        await recorder.close()


async def admit_administrator(house: House, scope: HTTPScope, *, what: str = "Calls") -> None:
    """Raise unless a request comes from an administrator: the machine itself is not enough to read about people."""
    actor = await caller(house.community.authentication, scope, Credentials(scope["headers"]), house.public_url)
    if not actor.is_administrator:
        raise NotOperator(f"{what} can be looked at by administrators only.")


async def _place_of(house: House, room: str) -> Place | None:
    """Return the channel whose room is called `room`; None for one that programs made."""
    digits = room.rpartition(":")[2].rpartition("-")[2]
    if not digits.isdecimal() or not digits.isascii() or len(digits) not in _ID_DIGITS:
        return None
    channel = await house.records.fetch_one(guild_statements.CHANNEL, {"channel_id": int(digits)})
    if channel is None or channel.guild_id is None:
        return None
    guild = (await house.community.ports.guilds.guild(channel.guild_id)).guild
    return Place(channel.name, channel.guild_id, channel.id, guild.name)
