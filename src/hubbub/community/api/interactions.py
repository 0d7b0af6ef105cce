"""Routes of interactions: invoking, answering, following up."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from hubbub.community.api.encoded import encoded
from hubbub.community.api.endpoint import Limit, endpoint
from hubbub.community.api.multipart import BodyReader
from hubbub.community.api.wire import Call, PathId
from hubbub.community.domain.interaction_answer import APPLICATION_COMMAND, AnswerForm
from hubbub.community.domain.invocation import InvokeForm
from hubbub.community.domain.message_form import EditForm, MessageForm
from hubbub.community.errors import (
    AlreadyAnswered,
    EmptyMessage,
    MissingAccess,
    MissingPermissions,
    TooLarge,
    UnknownChannel,
    UnknownCommand,
    UnknownInteraction,
    UnknownMessage,
    UnknownWebhook,
)
from hubbub.community.service.community import Community
from hubbub.community.service.interaction_answers import Answer
from hubbub.events.contracts import objects

_WEBHOOK = "/webhooks/{application_id:str}/{token:str}"
_MESSAGE = f"{_WEBHOOK}/messages/{{which:str}}"
_UNBOUNDED = 1 << 62
"""The body's bound is the reader's, which can name the field that passed it."""
_FOLLOWING = Limit(5, 2.0)

_answer_decoder = msgspec.json.Decoder(AnswerForm, strict=False)
_new_decoder = msgspec.json.Decoder(MessageForm, strict=False)
_edit_decoder = msgspec.json.Decoder(EditForm, strict=False)

WithResponse = Annotated[bool, QueryParameter(name="with_response")]


class CallbackInteraction(msgspec.Struct, kw_only=True):
    """The interaction that was answered."""

    id: str
    type: int
    response_message_id: str | UnsetType = UNSET
    response_message_loading: bool | UnsetType = UNSET
    response_message_ephemeral: bool | UnsetType = UNSET


class CallbackResource(msgspec.Struct, kw_only=True):
    """What the answer made."""

    type: int
    message: objects.Message


class CallbackResponse(msgspec.Struct, kw_only=True):
    """What became of an answer."""

    interaction: CallbackInteraction
    resource: CallbackResource


class InteractionsFace:
    """Interactions and the messages that answer them."""

    def __init__(self, community: Community, reader: BodyReader) -> None:
        """Answer from `community`; `reader` takes in bodies with files."""
        self._interactions = community.interactions
        self._answers = community.interaction_answers
        self._reader = reader

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        finding = (UnknownWebhook, UnknownMessage)
        return [
            endpoint(
                "POST",
                "/interactions",
                self.create_interaction,
                auth="person",
                limit=Limit(10, 10.0),
                errors=(UnknownChannel, UnknownCommand, MissingAccess, MissingPermissions),
            ),
            endpoint(
                "POST",
                "/interactions/{interaction_id:str}/{token:str}/callback",
                self.create_interaction_response,
                status=200,
                auth="none",
                unlimited=True,
                is_global=False,
                errors=(UnknownInteraction, AlreadyAnswered, EmptyMessage, TooLarge),
                body_bytes_max=_UNBOUNDED,
                body=AnswerForm,
            ),
            endpoint(
                "POST",
                _WEBHOOK,
                self.create_follow_up,
                auth="none",
                limit=_FOLLOWING,
                is_global=False,
                errors=(UnknownWebhook, EmptyMessage, TooLarge),
                body_bytes_max=_UNBOUNDED,
                body=MessageForm,
            ),
            endpoint("GET", _MESSAGE, self.get_follow_up, auth="none", is_global=False, errors=finding),
            endpoint(
                "PATCH",
                _MESSAGE,
                self.update_follow_up,
                auth="none",
                is_global=False,
                errors=(*finding, EmptyMessage, TooLarge),
                body_bytes_max=_UNBOUNDED,
                body=EditForm,
            ),
            endpoint("DELETE", _MESSAGE, self.delete_follow_up, auth="none", is_global=False, errors=finding),
        ]

    async def create_interaction(self, request: Call, data: JSONBody[InvokeForm]) -> None:
        """Use a command. What becomes of it arrives over the gateway."""
        await self._interactions.invoke(request.user, data)

    async def create_interaction_response(
        self, request: Call, interaction_id: PathId, token: FromPath[str], *, with_response: WithResponse = False
    ) -> Response[CallbackResponse | None]:
        """Answer an interaction, within three seconds and once; 204 unless `with_response`."""
        row = await self._answers.pending(interaction_id, token)
        body = await self._reader.read(request, _answer_decoder, row.application_id)
        answer = await self._answers.answer(row, body.form, body.uploads)
        if not with_response:
            return Response(None, status_code=204)
        return encoded(_callback(answer, body.form.type))

    async def create_follow_up(
        self, request: Call, application_id: PathId, token: FromPath[str]
    ) -> Response[objects.Message]:
        """Send a further message for an interaction."""
        row = await self._answers.open(application_id, token)
        body = await self._reader.read(request, _new_decoder, row.application_id)
        sent = await self._answers.follow_up(row, body.form, body.uploads)
        return encoded(sent)

    async def get_follow_up(
        self,
        application_id: PathId,
        token: FromPath[str],
        which: FromPath[str],
    ) -> Response[objects.Message]:
        """Return the first answer (`@original`) or a further message of an interaction."""
        row = await self._answers.open(application_id, token)
        return encoded(await self._answers.get(row, which))

    async def update_follow_up(
        self, request: Call, application_id: PathId, token: FromPath[str], which: FromPath[str]
    ) -> Response[objects.Message]:
        """Change the first answer (`@original`) or a further message of an interaction."""
        row = await self._answers.open(application_id, token)
        body = await self._reader.read(request, _edit_decoder, row.application_id)
        changed = await self._answers.edit(row, which, body.form, body.uploads)
        return encoded(changed)

    async def delete_follow_up(
        self,
        application_id: PathId,
        token: FromPath[str],
        which: FromPath[str],
    ) -> None:
        """Delete the first answer (`@original`) or a further message of an interaction."""
        await self._answers.delete(await self._answers.open(application_id, token), which)


def _callback(answer: Answer, kind: int) -> bytes:
    interaction = CallbackInteraction(
        id=str(answer.interaction_id),
        type=APPLICATION_COMMAND,
        response_message_id=str(answer.message_id),
        response_message_loading=answer.is_loading,
        response_message_ephemeral=answer.is_ephemeral,
    )
    return b'{"interaction":%b,"resource":{"type":%d,"message":%b}}' % (
        msgspec.json.encode(interaction),
        kind,
        answer.message,
    )
