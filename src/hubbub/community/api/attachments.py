"""Routes around files of messages: uploads ahead of a message, and fresh addresses."""

from __future__ import annotations

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hubbub.community.api.endpoint import SENDING, endpoint
from hubbub.community.api.wire import Call, Form, PathId
from hubbub.community.errors import (
    MissingAccess,
    MissingPermissions,
    NotTextChannel,
    TooLarge,
    UnknownChannel,
)
from hubbub.community.service.attachment_uploads import Wanted
from hubbub.community.service.community import Community


class UploadForm(Form):
    """A file that will be uploaded."""

    filename: str
    file_size: int
    """Bytes, exactly."""
    id: int = 0
    """Any number that tells it from the others."""


class UploadsForm(Form):
    """Files that will be uploaded."""

    files: list[UploadForm]


class UploadPlace(msgspec.Struct, kw_only=True):
    """Where one file goes."""

    id: int
    upload_url: str
    """Takes the whole file by PUT, or in parts by tus 1.0.0; whoever holds it may upload."""
    upload_filename: str
    """What the message names it by, as `uploaded_filename`."""


class UploadPlaces(msgspec.Struct, kw_only=True):
    """Where files go, in the order in which they were asked for."""

    attachments: list[UploadPlace]


class RefreshForm(Form):
    """Addresses that may have ended."""

    attachment_urls: list[str]


class RefreshedUrl(msgspec.Struct, kw_only=True):
    """An address, and what it is now."""

    original: str
    refreshed: str | None
    """None when it names no file of a message that the caller sees."""


class RefreshedUrls(msgspec.Struct, kw_only=True):
    """Addresses that are good for a day or more, in the order in which they were asked for."""

    refreshed_urls: list[RefreshedUrl]


class AttachmentsFace:
    """Files on their way to a message, or from one."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._uploads = community.attachment_uploads

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            endpoint(
                "POST",
                "/channels/{channel_id:str}/attachments",
                self.create_attachments,
                limit=SENDING,
                errors=(UnknownChannel, MissingAccess, MissingPermissions, NotTextChannel, TooLarge),
            ),
            endpoint("POST", "/attachments/refresh-urls", self.refresh_attachment_urls),
        ]

    async def create_attachments(self, request: Call, channel_id: PathId, data: JSONBody[UploadsForm]) -> UploadPlaces:
        """Begin the uploads of 1 to 10 files, for a message that names them later."""
        wanted = [Wanted(each.id, each.filename, each.file_size) for each in data.files]
        begun = await self._uploads.begin(request.user, channel_id, wanted)
        places = [UploadPlace(id=e.id, upload_url=e.upload_url, upload_filename=e.uploaded_filename) for e in begun]
        return UploadPlaces(attachments=places)

    async def refresh_attachment_urls(self, request: Call, data: JSONBody[RefreshForm]) -> RefreshedUrls:
        """Return fresh addresses of up to 50 files of messages that the caller may read."""
        refreshed = await self._uploads.refresh(request.user, data.attachment_urls)
        pairs = zip(data.attachment_urls, refreshed, strict=True)
        return RefreshedUrls(refreshed_urls=[RefreshedUrl(original=url, refreshed=fresh) for url, fresh in pairs])
