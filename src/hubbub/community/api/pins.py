"""Routes of pinned messages, under their present and their older addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter

from hubbub.community.api.encoded import encoded
from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, PathId, unix_ms
from hubbub.community.errors import MissingAccess, MissingPermissions, TooManyPins, UnknownChannel, UnknownMessage
from hubbub.community.service.community import Community
from hubbub.community.service.pins import PAGE_MAX
from hubbub.events.contracts import objects

_PINS = "/channels/{channel_id:str}/messages/pins"
_PIN = f"{_PINS}/{{message_id:str}}"
_OLDER_PINS = "/channels/{channel_id:str}/pins"
_OLDER_PIN = f"{_OLDER_PINS}/{{message_id:str}}"
_ERRORS = (UnknownChannel, UnknownMessage, MissingAccess, MissingPermissions)


class MessagePin(msgspec.Struct, kw_only=True):
    """A pinned message and when it was pinned."""

    pinned_at: str
    message: objects.Message


class MessagePins(msgspec.Struct, kw_only=True):
    """A page of pinned messages, newest pin first."""

    items: list[MessagePin]
    has_more: bool


class PinsFace:
    """Pinned messages of a channel."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._pins = community.pins

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        errors = (*_ERRORS, TooManyPins)
        return [
            endpoint("GET", _PINS, self.list_pins, errors=_ERRORS),
            endpoint("PUT", _PIN, self.create_pin, errors=errors),
            endpoint("DELETE", _PIN, self.delete_pin, errors=_ERRORS),
            endpoint("GET", _OLDER_PINS, self.list_pinned_messages, errors=_ERRORS),
            endpoint("PUT", _OLDER_PIN, self.pin_message, errors=errors),
            endpoint("DELETE", _OLDER_PIN, self.unpin_message, errors=_ERRORS),
        ]

    async def list_pins(
        self,
        request: Call,
        channel_id: PathId,
        before: FromQuery[datetime | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    ) -> Response[MessagePins]:
        """Return pinned messages, newest pin first."""
        before_ms = None if before is None else unix_ms(before)
        pins, has_more = await self._pins.page(request.user, channel_id, before_ms=before_ms, limit=limit)
        items = b",".join(b'{"pinned_at":"%b","message":%b}' % (time.encode(), message) for time, message in pins)
        document = b'{"items":[%b],"has_more":%b}' % (items, b"true" if has_more else b"false")
        return encoded(document)

    async def create_pin(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Pin a message."""
        await self._pins.pin(request.user, channel_id, message_id)

    async def delete_pin(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Unpin a message."""
        await self._pins.unpin(request.user, channel_id, message_id)

    async def list_pinned_messages(self, request: Call, channel_id: PathId) -> Response[list[objects.Message]]:
        """Return the fifty messages pinned last (older form of the pins)."""
        pins, _ = await self._pins.page(request.user, channel_id)
        return encoded(b"[" + b",".join(message for _, message in pins) + b"]")

    async def pin_message(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Pin a message (older address)."""
        await self._pins.pin(request.user, channel_id, message_id)

    async def unpin_message(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Unpin a message (older address)."""
        await self._pins.unpin(request.user, channel_id, message_id)
