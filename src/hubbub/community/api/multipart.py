"""Reads a request that carries a message: JSON, or multipart with files that are stored as they arrive.

No part is held whole: a file's bytes pass from the socket to the object store in chunks, and a client that stops
sending, or sends too much, leaves nothing behind.

Source: RFC 7578 (multipart/form-data); Discord API documentation, "Uploading Files".
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
import multipart
from litestar.exceptions import InternalServerException

from hubbub.community.api.errors import problem_in
from hubbub.community.api.wire import Call
from hubbub.community.domain.limits import ATTACHMENTS_MAX
from hubbub.community.errors import MalformedBody, UnsupportedMediaType
from hubbub.community.service.attachments import Attachments, too_large
from hubbub.community.service.upload import Upload
from hubbub.kernel.errors import FieldProblem, InvalidForm

T = TypeVar("T")

PAYLOAD_BYTES_MAX = 1_000_000
"""JSON of one message: 6,000 characters of embeds are far below."""
_FILE_FIELD = re.compile(r"files?(?:\[(\d{1,4})\])?\Z|file(\d{1,4})\Z")
_FORM_FIELDS_MAX = 30
_PARTS_MAX = ATTACHMENTS_MAX + _FORM_FIELDS_MAX


class Body(Generic[T]):
    """What a request carried."""

    __slots__ = ("form", "uploads")

    def __init__(self, form: T, uploads: list[Upload]) -> None:
        """Hold the decoded form and the stored files."""
        self.form = form
        self.uploads = uploads


class BodyReader:
    """Reads the bodies of requests that carry messages."""

    def __init__(self, attachments: Attachments, total_bytes_max: int) -> None:
        """Store files in `attachments`; `total_bytes_max` bounds a whole request."""
        self._attachments = attachments
        self._total_bytes_max = total_bytes_max

    async def read(
        self,
        request: Call,
        decoder: msgspec.json.Decoder[T],
        owner_id: int,
        may_upload: Callable[[], Awaitable[object]] | None = None,
    ) -> Body[T]:
        """Return the request's form and files. Files that no message takes up are collected by the library.

        Args:
            request: The request; its body was not read yet.
            decoder: Decodes the JSON.
            owner_id: The user who brings the files.
            may_upload: Raises when the caller may not send files there; asked before any is read.

        Raises:
            InvalidForm: A field breaks its type.
            MalformedBody: It is no JSON, or no multipart body.
            TooLarge: A file, or the whole, is larger than accepted; the field is named.
            UnsupportedMediaType: It is neither.
        """
        uploads: list[Upload] = []
        form = await self._form(request, decoder, owner_id, may_upload, uploads)
        return Body(form, uploads)

    async def _form(
        self,
        request: Call,
        decoder: msgspec.json.Decoder[T],
        owner_id: int,
        may_upload: Callable[[], Awaitable[object]] | None,
        uploads: list[Upload],
    ) -> T:
        """Return the request's form, having added its files to `uploads` as each was stored."""
        media_type, options = multipart.parse_options_header(request.headers.get("content-type", ""))
        if media_type == "application/json":
            return decode(decoder, await _json_bytes(request))
        if media_type != "multipart/form-data":
            raise UnsupportedMediaType
        boundary = options.get("boundary")
        if not boundary:
            raise MalformedBody("The Content-Type of a multipart body names its boundary.")
        if may_upload is not None:
            await may_upload()
        reader = _Multipart(_body_of(request), boundary, self._attachments, self._total_bytes_max, owner_id, uploads)
        await reader.run()
        return reader.form(decoder)


def decode(decoder: msgspec.json.Decoder[T], document: bytes) -> T:
    """Return the decoded JSON; raises `InvalidForm` or `MalformedBody`."""
    try:
        return decoder.decode(document)
    except msgspec.ValidationError as error:
        raise InvalidForm(fields=[problem_in(error)]) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedBody from error


async def _json_bytes(request: Call) -> bytes:
    document = bytearray()
    async for chunk in _body_of(request):
        document += chunk
        if len(document) > PAYLOAD_BYTES_MAX:
            raise too_large("", PAYLOAD_BYTES_MAX)
    return bytes(document)


async def _body_of(request: Call) -> AsyncIterator[bytes]:
    """Yield the body; a client that leaves before its end is an ordinary event, not a fault of ours."""
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException as error:
        raise MalformedBody("The connection was closed before the end of the body.") from error


class _Multipart:
    """One multipart body on its way in."""

    def __init__(
        self,
        source: AsyncIterator[bytes],
        boundary: str,
        attachments: Attachments,
        total_bytes_max: int,
        owner_id: int,
        uploads: list[Upload],
    ) -> None:
        self._limit = total_bytes_max
        self._source = source
        self._attachments = attachments
        self._owner_id = owner_id
        self._consumed = 0
        self._field = ""
        self._fields: dict[str, str] = {}
        self._payload: bytes | None = None
        self._indices: set[int] = set()
        self._uploads = uploads
        self._parser = multipart.PushMultipartParser(boundary, max_segment_count=_PARTS_MAX, strict=True)

    async def run(self) -> None:
        """Read to the end of the body."""
        events = self._events()
        try:
            async for event in events:
                if isinstance(event, multipart.MultipartSegment):
                    await self._part(event, events)
        except multipart.ParserLimitReached as error:
            raise MalformedBody("The multipart body has too many parts, or too large headers.") from error
        except multipart.MultipartError as error:
            raise MalformedBody("The multipart body is broken or ends too early.") from error

    def form(self, decoder: msgspec.json.Decoder[T]) -> T:
        """Return the form: from `payload_json`, else from the single fields."""
        if self._payload is not None:
            return decode(decoder, self._payload)
        try:
            return msgspec.convert(self._fields, decoder.type, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidForm(fields=[problem_in(error)]) from error

    async def _events(self) -> AsyncIterator[object]:
        """Yield the parser's events as the body comes in."""
        async for chunk in self._source:
            self._consumed += len(chunk)
            if self._consumed > self._limit:
                raise too_large(self._field, self._limit)
            if not chunk:
                continue
            for event in self._parser.parse(chunk):
                yield event
        self._parser.close()

    async def _part(self, segment: multipart.MultipartSegment, events: AsyncIterator[object]) -> None:
        name = segment.name
        match = _FILE_FIELD.match(name)
        self._field = name
        if match is None or (segment.filename is None and name != "payload_json"):
            await self._text(name, events)
            return
        index = int(match[1] or match[2] or self._free_index())
        self._field = f"files.{index}"
        if index in self._indices:
            raise InvalidForm(fields=[FieldProblem(self._field, "FILE_DUPLICATE", "Each files[n] may appear once.")])
        if len(self._uploads) >= ATTACHMENTS_MAX:
            sentence = f"At most {ATTACHMENTS_MAX} files are accepted in one message."
            raise InvalidForm(fields=[FieldProblem("files", "BASE_TYPE_MAX_LENGTH", sentence)])
        self._indices.add(index)
        chunks = _chunks(events)
        filename = segment.filename or ""
        self._uploads.append(await self._attachments.store(self._owner_id, index, filename, chunks))

    async def _text(self, name: str, events: AsyncIterator[object]) -> None:
        document = bytearray()
        async for chunk in _chunks(events):
            document += chunk
            if len(document) > PAYLOAD_BYTES_MAX:
                raise too_large(name, PAYLOAD_BYTES_MAX)
        if name == "payload_json":
            self._payload = bytes(document)
            return
        try:
            self._fields[name] = document.decode()
        except UnicodeDecodeError as error:
            raise MalformedBody(f"The field {name!r} is not UTF-8.") from error

    def _free_index(self) -> int:
        return next(index for index in range(_PARTS_MAX + 1) if index not in self._indices)


async def _chunks(events: AsyncIterator[object]) -> AsyncIterator[bytes]:
    """Yield one part's bytes, up to the event that ends it."""
    while True:
        event = await anext(events)
        if event is None:
            return
        if isinstance(event, bytes | bytearray):
            yield bytes(event)
