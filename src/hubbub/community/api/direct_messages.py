"""Routes of direct messages."""

from __future__ import annotations

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, Form, Snowflake
from hubbub.community.errors import CannotMessageUser, UnknownUser
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects
from hubbub.kernel.errors import FieldProblem, InvalidForm


class OpenForm(Form):
    """With whom."""

    recipient_id: Snowflake | UnsetType | None = UNSET
    recipients: list[Snowflake] | UnsetType | None = UNSET
    """The older form: a list of one. More would make a group, which is not offered."""
    access_tokens: list[msgspec.Raw] | UnsetType | None = UNSET
    """Asks for a group, which is not offered."""


class DirectMessagesFace:
    """Conversations of two."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._direct_messages = community.direct_messages

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            endpoint("GET", "/users/@me/channels", self.list_direct_messages),
            endpoint("POST", "/users/@me/channels", self.open_direct_message, errors=(UnknownUser, CannotMessageUser)),
        ]

    async def list_direct_messages(self, request: Call) -> list[objects.Channel]:
        """Return the caller's open direct messages, the one written in last first."""
        return await self._direct_messages.of_user(request.user.user_id)

    async def open_direct_message(self, request: Call, data: JSONBody[OpenForm]) -> objects.Channel:
        """Return the direct message with a user, made on first use."""
        if data.access_tokens or (data.recipients and len(data.recipients) > 1):
            field = "access_tokens" if data.access_tokens else "recipients"
            sentence = "Group conversations are not offered here; name one recipient_id."
            raise InvalidForm(fields=[FieldProblem(field, "GROUP_UNSUPPORTED", sentence)])
        peer_id = data.recipient_id or (data.recipients[0] if data.recipients else None)
        if not peer_id:
            raise InvalidForm(fields=[FieldProblem("recipient_id", "BASE_TYPE_REQUIRED", "This field is required.")])
        return await self._direct_messages.open(request.user, peer_id)
