"""Routes of messages."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from hubbub.community.api.encoded import encoded
from hubbub.community.api.endpoint import SENDING, endpoint
from hubbub.community.api.multipart import BodyReader
from hubbub.community.api.wire import Call, Form, PathId, QueryId, Snowflake
from hubbub.community.domain.message_form import EditForm, MessageForm
from hubbub.community.errors import (
    CannotEditOthers,
    CannotMessageUser,
    EmptyMessage,
    MissingAccess,
    MissingPermissions,
    NotForDirectMessages,
    NotTextChannel,
    SlowMode,
    TooLarge,
    TooOldToBulkDelete,
    UnknownChannel,
    UnknownMessage,
    WrongBulkDelete,
)
from hubbub.community.service.community import Community
from hubbub.community.service.messages import PAGE_MAX
from hubbub.events.contracts import objects
from hubbub.kernel.errors import FieldProblem, InvalidForm

_CHANNEL = "/channels/{channel_id:str}"
_MESSAGE = f"{_CHANNEL}/messages/{{message_id:str}}"
_SEEING = (UnknownChannel, MissingAccess, MissingPermissions)
_UNBOUNDED = 1 << 62
"""The body's bound is the reader's, which can name the field that passed it."""

_new_decoder = msgspec.json.Decoder(MessageForm, strict=False)
_edit_decoder = msgspec.json.Decoder(EditForm, strict=False)

PageLimit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]


class BulkDeleteForm(Form):
    """Which messages to delete together."""

    messages: list[Snowflake]


class MessagesFace:
    """Messages of a channel."""

    def __init__(self, community: Community, reader: BodyReader) -> None:
        """Answer from `community`; `reader` takes in bodies with files."""
        self._messages = community.messages
        self._edits = community.message_edits
        self._reader = reader

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            endpoint("GET", f"{_CHANNEL}/messages", self.list_messages, errors=_SEEING),
            endpoint(
                "POST",
                f"{_CHANNEL}/messages",
                self.create_message,
                limit=SENDING,
                errors=(*_SEEING, EmptyMessage, NotTextChannel, SlowMode, CannotMessageUser, TooLarge),
                body_bytes_max=_UNBOUNDED,
                body=MessageForm,
            ),
            endpoint("GET", _MESSAGE, self.get_message, errors=(*_SEEING, UnknownMessage)),
            endpoint(
                "PATCH",
                _MESSAGE,
                self.update_message,
                limit=SENDING,
                errors=(*_SEEING, UnknownMessage, CannotEditOthers, EmptyMessage, TooLarge),
                body_bytes_max=_UNBOUNDED,
                body=EditForm,
            ),
            endpoint("DELETE", _MESSAGE, self.delete_message, errors=(*_SEEING, UnknownMessage)),
            endpoint(
                "POST",
                f"{_CHANNEL}/messages/bulk-delete",
                self.bulk_delete_messages,
                status=204,
                errors=(*_SEEING, WrongBulkDelete, TooOldToBulkDelete, NotForDirectMessages),
            ),
        ]

    async def list_messages(
        self,
        request: Call,
        channel_id: PathId,
        limit: PageLimit = 50,
        before: QueryId = None,
        after: QueryId = None,
        around: QueryId = None,
    ) -> Response[list[objects.Message]]:
        """Return messages of a channel, newest first.

        At most one of `before`, `after` and `around` may be given.
        """
        if (before is not None) + (after is not None) + (around is not None) > 1:
            sentence = "Only one of before, after and around may be given."
            raise InvalidForm(fields=[FieldProblem("around", "MUTUALLY_EXCLUSIVE", sentence)])
        page = await self._messages.page(
            request.user, channel_id, limit=limit, before=before, after=after, around=around
        )
        return encoded(page)

    async def create_message(self, request: Call, channel_id: PathId) -> Response[objects.Message]:
        """Send a message, as JSON or as multipart with files."""
        actor = request.user
        body = await self._reader.read(
            request, _new_decoder, actor.user_id, lambda: self._messages.may_upload(actor, channel_id)
        )
        sent = await self._messages.send(actor, channel_id, body.form, body.uploads)
        return encoded(sent)

    async def get_message(self, request: Call, channel_id: PathId, message_id: PathId) -> Response[objects.Message]:
        """Return one message."""
        return encoded(await self._messages.get(request.user, channel_id, message_id))

    async def update_message(self, request: Call, channel_id: PathId, message_id: PathId) -> Response[objects.Message]:
        """Change a message, as JSON or as multipart with further files."""
        actor = request.user
        body = await self._reader.read(
            request, _edit_decoder, actor.user_id, lambda: self._messages.may_upload(actor, channel_id)
        )
        changed = await self._edits.edit(actor, channel_id, message_id, body.form, body.uploads)
        return encoded(changed)

    async def delete_message(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Delete a message: one's own, or with MANAGE_MESSAGES anyone's."""
        await self._messages.delete(request.user, channel_id, message_id)

    async def bulk_delete_messages(self, request: Call, channel_id: PathId, data: JSONBody[BulkDeleteForm]) -> None:
        """Delete 2 to 100 messages of the last two weeks at once."""
        await self._messages.delete_many(request.user, channel_id, data.messages)
