"""What a tus request asks: its headers, read into one of a few typed requests.

Nothing here knows of sockets, tables or files. `parse` reads a request, `hubbub.media.domain.upload` decides what it
does to an upload, `hubbub.media.domain.intake` divides its body, and `hubbub.media.domain.answer` spells what is
answered.

Source: tus resumable upload protocol 1.0.0, core and the extensions named in `EXTENSIONS`. Trailers do not reach an
ASGI application, so that checksum-trailer is not offered; parts must be whole before they are joined.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.errors import ContentTypeRefused, HeaderRefused, MethodRefused, VersionRefused

PATH: Final = "/media/uploads"
"""Where uploads are made; each is at its id below."""

VERSION: Final = "1.0.0"
EXTENSIONS: Final = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "checksum",
    "expiration",
    "termination",
    "concatenation",
)
CHECKSUM_BYTES: Final = {"blake3": 32, "sha1": 20, "sha256": 32}
"""Length of each checksum that is verified."""

METADATA_CHARACTERS_MAX: Final = 4096
"""A file's name and type need a few hundred; what else a client sends is kept for it, but not without bound."""
PARTS_MAX: Final = 1000
"""Parts that one final upload is made of."""

BYTES_TYPE: Final = "application/offset+octet-stream"

_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_PART = re.compile(rf"(?:/[^/]+)*{PATH}/([0-9]{{1,19}})/?", re.ASCII)
_KEY = re.compile(r"[!-+\--~]+", re.ASCII)
_ALGORITHM = re.compile(r"[a-z0-9-]+", re.ASCII)


class Checksum(NamedTuple):
    """What a body must hash to."""

    algorithm: str
    digest: bytes


class ConcatKind(StrEnum):
    """What an upload is to others."""

    WHOLE = "whole"
    """A file of its own."""
    PARTIAL = "partial"
    """A piece that a final upload names."""
    FINAL = "final"
    """Made of pieces."""


class Concat(NamedTuple):
    """What the header Upload-Concat says."""

    kind: ConcatKind = ConcatKind.WHOLE
    parts: tuple[int, ...] = ()
    """Ids of the uploads that a final one is made of, in order; one may be named more than once."""
    text: str = ""
    """The header as it came, for `HEAD` answers it so."""


class Discover(NamedTuple):
    """OPTIONS: what is offered here."""


class Ask(NamedTuple):
    """GET: how the file is, as JSON. No part of tus."""


class Create(NamedTuple):
    """POST: make an upload, perhaps with its first bytes."""

    length_bytes: int | None
    """None when it is told later, and for a final upload, whose parts say it."""
    metadata: str
    """Upload-Metadata as it came, read without fault."""
    concat: Concat
    has_bytes: bool
    """Whether a body comes with it."""
    body_bytes: int | None
    """Content-Length; None when it is not told."""
    checksum: Checksum | None


class Inspect(NamedTuple):
    """HEAD: how many bytes are there."""


class Append(NamedTuple):
    """PATCH: more bytes."""

    offset_bytes: int
    length_bytes: int | None
    """The whole upload's length, told now; None when the request does not tell it."""
    body_bytes: int | None
    """Content-Length; None when it is not told."""
    checksum: Checksum | None
    at_once: bool = False
    """Whether all of the body is kept or nothing of it, as with a checksum."""


class Put(NamedTuple):
    """PUT: all bytes, by a client that does not speak tus."""

    body_bytes: int | None
    """Content-Length; None when it is not told."""


class Terminate(NamedTuple):
    """DELETE: forget the upload and its bytes."""


Request = Discover | Ask | Create | Inspect | Append | Put | Terminate


class Head:
    """The headers of one request. One that comes twice is refused once it is asked for: its readers may disagree."""

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Read ASGI `headers`."""
        self._values: dict[str, list[str]] = {}
        for name, value in headers:
            self._values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip(" \t"))

    def get(self, name: str) -> str | None:
        """Return a header's value, None when it did not come."""
        values = self._values.get(name.lower())
        if values is None:
            return None
        if len(values) > 1:
            raise HeaderRefused(name, "It may come once.")
        if not values[0].isascii() or not (values[0].isprintable() or not values[0]):
            raise HeaderRefused(name, "It holds printable ASCII characters only.")
        return values[0]


def parse(method: str, headers: Iterable[tuple[bytes, bytes]], *, of_upload: bool) -> Request:
    """Return what a request asks.

    Args:
        method: Its method; the header X-HTTP-Method-Override takes precedence.
        headers: ASGI headers.
        of_upload: Whether its address is one upload's, not that of all.

    Raises:
        HeaderRefused: A header is missing or malformed.
        VersionRefused: It speaks another version.
        MethodRefused: The address does not take the method.
        ContentTypeRefused: A body comes that does not say that it is bytes of an upload.
    """
    head = Head(headers)
    method = (head.get("X-HTTP-Method-Override") or method).upper()
    if method == "OPTIONS":
        return Discover()
    if method in {"GET", "PUT"} and of_upload:
        return Ask() if method == "GET" else Put(_number(head, "Content-Length"))
    if method not in ({"HEAD", "PATCH", "DELETE"} if of_upload else {"POST"}):
        raise MethodRefused
    if head.get("Tus-Resumable") != VERSION:
        raise VersionRefused
    match method:
        case "POST":
            return _create(head)
        case "PATCH":
            return _append(head)
        case "HEAD":
            return Inspect()
        case _:
            return Terminate()


def metadata_of(filename: str) -> str:
    """Return an Upload-Metadata that names a file so."""
    return f"filename {base64.b64encode(filename.encode('utf-8', 'surrogateescape')).decode()}"


def parse_metadata(text: str) -> dict[str, bytes]:
    """Return what Upload-Metadata holds, by key; raises `HeaderRefused`."""
    header = "Upload-Metadata"
    if len(text) > METADATA_CHARACTERS_MAX:
        raise HeaderRefused(header, f"It has at most {METADATA_CHARACTERS_MAX} characters.")
    found: dict[str, bytes] = {}
    for pair in text.split(",") if text else ():
        key, _, value = pair.strip(" ").partition(" ")
        if _KEY.fullmatch(key) is None:
            raise HeaderRefused(header, "It is a list of keys, each with its value in Base64, parted by commas.")
        if key in found:
            raise HeaderRefused(header, f"The key {key!r} may come once.")
        found[key] = _base64(header, value)
    return found


def parse_concat(text: str | None) -> Concat:
    """Return what Upload-Concat says, None meaning that it did not come; raises `HeaderRefused`."""
    header = "Upload-Concat"
    if text is None:
        return Concat()
    if text == "partial":
        return Concat(ConcatKind.PARTIAL, (), text)
    kind, _, urls = text.partition(";")
    if kind != "final":
        raise HeaderRefused(header, "It is `partial`, or `final;` and the addresses of the parts.")
    parts = tuple(_part(header, url) for url in urls.strip(" ").split(" ") if url)
    if not 0 < len(parts) <= PARTS_MAX:
        raise HeaderRefused(header, f"A final upload has 1 to {PARTS_MAX} parts.")
    return Concat(ConcatKind.FINAL, parts, text)


def parse_checksum(text: str | None) -> Checksum | None:
    """Return what Upload-Checksum demands, None when it did not come; raises `HeaderRefused`."""
    header = "Upload-Checksum"
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if _ALGORITHM.fullmatch(algorithm) is None or not encoded:
        raise HeaderRefused(header, "It is the name of an algorithm, a space, and the checksum in Base64.")
    size = CHECKSUM_BYTES.get(algorithm)
    if size is None:
        raise HeaderRefused(header, f"The algorithms are {', '.join(CHECKSUM_BYTES)}.")
    digest = _base64(header, encoded)
    if len(digest) != size:
        raise HeaderRefused(header, f"A checksum by {algorithm} has {size} bytes.")
    return Checksum(algorithm, digest)


def _create(head: Head) -> Create:
    length = _number(head, "Upload-Length")
    deferred = head.get("Upload-Defer-Length")
    if deferred not in {None, "1"}:
        raise HeaderRefused("Upload-Defer-Length", "It is 1 or left out.")
    concat = parse_concat(head.get("Upload-Concat"))
    if concat.kind is ConcatKind.FINAL:
        if length is not None or deferred is not None:
            raise HeaderRefused("Upload-Length", "A final upload is as long as its parts; leave the length out.")
    elif (length is None) == (deferred is None):
        raise HeaderRefused("Upload-Length", "Send it, or Upload-Defer-Length: 1 in its place.")
    metadata = head.get("Upload-Metadata") or ""
    parse_metadata(metadata)
    body_bytes = _number(head, "Content-Length")
    has_bytes = body_bytes != 0 and (body_bytes is not None or head.get("Transfer-Encoding") is not None)
    if has_bytes:
        if concat.kind is ConcatKind.FINAL:
            raise HeaderRefused("Content-Length", "A final upload takes no bytes of its own.")
        _demand_bytes_type(head)
    checksum = parse_checksum(head.get("Upload-Checksum"))
    return Create(length, metadata, concat, has_bytes, body_bytes, checksum)


def _append(head: Head) -> Append:
    _demand_bytes_type(head)
    offset = _number(head, "Upload-Offset")
    if offset is None:
        raise HeaderRefused("Upload-Offset", "Send how many bytes the upload holds.")
    return Append(
        offset,
        _number(head, "Upload-Length"),
        _number(head, "Content-Length"),
        parse_checksum(head.get("Upload-Checksum")),
    )


def _demand_bytes_type(head: Head) -> None:
    if (head.get("Content-Type") or "").partition(";")[0].strip().lower() != BYTES_TYPE:
        raise ContentTypeRefused


def _number(head: Head, header: str) -> int | None:
    text = head.get(header)
    if text is None:
        return None
    if _NUMBER.fullmatch(text) is None or int(text) > SNOWFLAKE_MAX:
        raise HeaderRefused(header, "It is a whole number of bytes, zero or more.")
    return int(text)


def _part(header: str, url: str) -> int:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    found = _PART.fullmatch(path)
    if found is None or int(found[1]) > SNOWFLAKE_MAX:
        raise HeaderRefused(header, "Each part is the address of an upload here.")
    return int(found[1])


def _base64(header: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # of the characters, or binascii's of their number
        raise HeaderRefused(header, "Values are Base64.") from error
