"""Use cases of pinned messages."""

from __future__ import annotations

from hubbub.community.adapters import message_statements as statements
from hubbub.community.domain.message import PINNED_NOTICE, MessageRow
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import TooManyPins
from hubbub.community.service.actor import Actor
from hubbub.community.service.draft import Draft, place_of
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.community.service.present import iso, iso_or_none
from hubbub.events.contracts import events, objects
from hubbub.storage.records.port import Op, RecordConflict

PAGE_MAX = 50
_FOREVER_MS = (1 << 62) - 1


class Pins:
    """Pinned messages of a channel."""

    def __init__(self, ports: Ports, reader: MessageReader, writer: MessageWriter) -> None:
        """Find messages by `reader` and write the notice of a pin by `writer`."""
        self._ports = ports
        self._reader = reader
        self._writer = writer

    async def page(
        self, actor: Actor, channel_id: int, *, before_ms: int | None = None, limit: int = PAGE_MAX
    ) -> tuple[list[tuple[str, bytes]], bool]:
        """Return (time of the pin, message) newest pin first, and whether there are more."""
        access = await self._ports.guilds.access(actor, channel_id)
        if not access.permissions & Permissions.READ_MESSAGE_HISTORY:
            return [], False
        before = _FOREVER_MS if before_ms is None else before_ms
        params = {"channel_id": channel_id, "before_ms": before, "limit": limit + 1}
        rows = await self._ports.records.fetch(statements.PINS, params)
        shown = rows[:limit]
        rendered = await self._reader.render(channel_id, shown, actor.user_id)
        times = [iso(row.pinned_at_ms or 0) for row in shown]
        return list(zip(times, rendered, strict=True)), len(rows) > limit

    async def pin(self, actor: Actor, channel_id: int, message_id: int) -> None:
        """Pin a message and say so in the channel; one that is pinned already stays as it is."""
        access, row = await self._message(actor, channel_id, message_id)
        if row.pinned_at_ms is not None:
            return
        now_ms = self._ports.clock.unix_ms()
        pin = {"channel_id": channel_id, "id": message_id, "now_ms": now_ms}
        ops = [
            Op(statements.PIN, pin, expect=1),
            Op(statements.NOTE_PIN, {"channel_id": channel_id}),
        ]
        changed = await self._changed(access, _with_pin(row, now_ms), now_ms)
        try:
            await self._writer.post(self._notice(actor, access, message_id), ops, changed)
        except RecordConflict as conflict:
            again = await self._reader.open_row(channel_id, message_id)
            if again.pinned_at_ms is None:
                raise TooManyPins from conflict
            return
        self._ports.guilds.note_pin(channel_id, now_ms)

    async def unpin(self, actor: Actor, channel_id: int, message_id: int) -> None:
        """Unpin a message; one that is not pinned stays as it is."""
        access, row = await self._message(actor, channel_id, message_id)
        if row.pinned_at_ms is None:
            return
        params = {"channel_id": channel_id, "before_ms": _FOREVER_MS, "limit": 2}
        newest = await self._ports.records.fetch(statements.PINS, params)
        last_ms = next((other.pinned_at_ms for other in newest if other.id != message_id), None)
        ops = [
            Op(statements.UNPIN, {"channel_id": channel_id, "id": message_id}, expect=1),
            Op(statements.NOTE_PIN, {"channel_id": channel_id}),
        ]
        try:
            await self._ports.records.write(ops, told(*await self._changed(access, _with_pin(row, None), last_ms)))
        except RecordConflict:
            return  # someone else unpinned it meanwhile
        await self._writer.note_last_pin(channel_id)

    async def _message(self, actor: Actor, channel_id: int, message_id: int) -> tuple[ChannelAccess, MessageRow]:
        access = await self._ports.guilds.access(actor, channel_id)
        if not access.permissions & Permissions.MANAGE_MESSAGES:  # held both before the two were told apart
            require(access, Permissions.PIN_MESSAGES)
        return access, await self._reader.open_row(channel_id, message_id)

    async def _changed(
        self, access: ChannelAccess, row: MessageRow, last_ms: int | None
    ) -> tuple[events.PinsUpdated, events.MessageUpdated]:
        place = place_of(access)
        rendered = await self._reader.render_one(row, 0)
        return (
            events.PinsUpdated(
                event_id=self._ports.snowflakes.next(),
                guild_id=place.guild_id,
                channel_id=row.channel_id,
                last_pin_timestamp=iso_or_none(last_ms),
                recipients=access.recipients,
            ),
            await self._writer.updated(place, row, rendered),
        )

    def _notice(self, actor: Actor, access: ChannelAccess, message_id: int) -> Draft:
        reference = objects.MessageReference(message_id=str(message_id), channel_id=str(access.channel.id))
        if access.guild is not None:
            reference.guild_id = str(access.guild.id)
        return Draft(
            place=place_of(access),
            author_id=actor.user_id,
            author_is_bot=actor.is_bot,
            member=access.member,
            type=PINNED_NOTICE,
            reference=reference,
        )


def _with_pin(row: MessageRow, pinned_at_ms: int | None) -> MessageRow:
    fields = {name: getattr(row, name) for name in MessageRow.__struct_fields__}
    return MessageRow(**{**fields, "pinned_at_ms": pinned_at_ms})
