"""The route that serves the files of messages."""

from __future__ import annotations

from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.file_answer import Asked, answer_file
from hubbub.community.api.wire import Call, PathId
from hubbub.community.domain.upload_file import may_show_inline
from hubbub.community.errors import UnknownFile
from hubbub.community.service.community import Community
from hubbub.community.service.upload import object_key
from hubbub.storage.errors import ObjectMissing


class AttachmentFilesFace:
    """Files under /cdn/attachments."""

    def __init__(self, community: Community) -> None:
        """Serve from `community`'s objects."""
        self._attachments = community.attachments
        self._objects = community.ports.objects

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes, relative to the root."""
        return [
            endpoint(
                "GET",
                "/cdn/attachments/{channel_id:str}/{attachment_id:str}/{filename:str}",
                self.get_attachment,
                auth="none",
                unlimited=True,
                is_global=False,
                errors=(UnknownFile,),
                in_schema=False,
            )
        ]

    async def get_attachment(
        self,
        request: Call,
        channel_id: PathId,
        attachment_id: PathId,
        filename: FromPath[str],  # noqa: ARG002 - the name is for the reader of the address; the secret finds the file
        secret: Annotated[str, QueryParameter(name="k", max_length=64)] = "",
    ) -> Response[bytes] | Stream:
        """Return the file, or the part of it that a Range header names."""
        row = await self._attachments.find(channel_id, attachment_id, secret)
        asked = Asked(
            request.headers.get("range"), request.headers.get("if-range"), request.headers.get("if-none-match")
        )
        try:
            return await answer_file(
                self._objects,
                object_key(row.channel_id, row.id, row.secret),
                asked,
                content_type=row.content_type,
                filename=row.filename,
                inline=may_show_inline(row.content_type),
            )
        except ObjectMissing as error:
            raise UnknownFile from error
