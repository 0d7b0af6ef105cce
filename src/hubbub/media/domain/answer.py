"""What is answered to a tus request: status and headers, and a body where there is one.

Source: tus resumable upload protocol 1.0.0; the statuses of errors are those of `hubbub.media.errors`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from email.utils import formatdate
from typing import NamedTuple

from hubbub.kernel.errors import HubbubError
from hubbub.media.domain.asset import Asset, AssetState
from hubbub.media.domain.tus import CHECKSUM_BYTES, EXTENSIONS, PATH, VERSION
from hubbub.media.domain.upload import UNFINISHED, Upload
from hubbub.media.errors import MethodRefused, VersionRefused

_ANY = "OPTIONS, POST"
_ONE = "OPTIONS, GET, HEAD, PATCH, PUT, DELETE"
_TOLD = (
    "Upload-Concat",
    "Upload-Defer-Length",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
)
SHARED = (
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Expose-Headers",
        "Location, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, "
        + ", ".join(_TOLD),
    ),
)
"""What comes with every answer. A page of any origin may upload: what opens it is an address or a header, no cookie."""
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "POST, GET, HEAD, PATCH, PUT, DELETE"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Tus-Resumable, Upload-Checksum, X-HTTP-Method-Override, X-Requested-With, "
        + ", ".join(_TOLD),
    ),
    ("Access-Control-Max-Age", "86400"),
)


class Answer(NamedTuple):
    """An answer's head."""

    status: int
    headers: tuple[tuple[str, str], ...]


def discovered(bytes_max: int) -> Answer:
    """Answer OPTIONS."""
    return _answer(
        204,
        ("Tus-Version", VERSION),
        ("Tus-Extension", ",".join(EXTENSIONS)),
        ("Tus-Checksum-Algorithm", ",".join(CHECKSUM_BYTES)),
        ("Tus-Max-Size", str(bytes_max)),
        *_PREFLIGHT,
    )


def created(upload: Upload) -> Answer:
    """Answer POST; the offset says how many of the bytes that came along are durable."""
    offset = ("Upload-Offset", str(upload.offset_bytes))
    return _answer(201, ("Location", f"{PATH}/{upload.id}"), offset, *_expires(upload))


def inspected(upload: Upload) -> Answer:
    """Answer HEAD."""
    headers = [("Upload-Offset", str(upload.offset_bytes))]
    if upload.length_bytes is None:
        headers.append(("Upload-Defer-Length", "1"))
    else:
        headers.append(("Upload-Length", str(upload.length_bytes)))
    if upload.metadata:
        headers.append(("Upload-Metadata", upload.metadata))
    if upload.concat:
        headers.append(("Upload-Concat", upload.concat))
    return _answer(200, *headers, *_expires(upload))


def appended(upload: Upload) -> Answer:
    """Answer PATCH."""
    return _answer(204, ("Upload-Offset", str(upload.offset_bytes)), *_expires(upload))


def stored() -> Answer:
    """Answer PUT, once all is durable."""
    return _answer(200)


def told() -> Answer:
    """Answer GET, with `facts` as its body."""
    return _answer(200)


def terminated() -> Answer:
    """Answer DELETE."""
    return _answer(204)


def refused(error: HubbubError, *, of_upload: bool) -> Answer:
    """Answer a request that cannot be done."""
    headers = []
    if isinstance(error, VersionRefused):
        headers.append(("Tus-Version", VERSION))
    if isinstance(error, MethodRefused):
        headers.append(("Allow", _ONE if of_upload else _ANY))
    if error.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
        headers.append(("WWW-Authenticate", "Bearer"))
    return _answer(error.status, *headers)


def facts(
    upload: Upload,
    asset: Asset | None = None,
    progress: int = 0,
    url: str = "",
    streams: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """Return what GET tells of an upload, ready for JSON.

    Args:
        upload: The upload.
        asset: What it became, None while bytes are missing.
        progress: How far the work on it is, in hundredths.
        url: Where it is delivered.
        streams: What a recording is played by, by name.
    """
    found: dict[str, object] = {
        "asset_id": None if upload.asset_id is None else str(upload.asset_id),
        "state": AssetState.UPLOADING.value if asset is None else asset.state,
        "offset": upload.offset_bytes,
        "size_bytes": upload.length_bytes,
        "blake3": None if upload.blake3 is None else upload.blake3.hex(),
    }
    if asset is None:
        return found
    if asset.state in {AssetState.PARKED.value, AssetState.QUARANTINED.value}:
        return {**found, "code": asset.error_code, "message": asset.error_message}
    found["progress"] = 100 if asset.state == AssetState.READY.value else progress
    if asset.state == AssetState.READY.value:
        found |= {
            "url": url,
            "kind": asset.kind,
            "content_type": asset.content_type,
            "width": asset.width or None,
            "height": asset.height or None,
            "alpha": asset.alpha,
            "frames": asset.frames or None,
            "duration_ms": asset.duration_ms or None,
            "thumbhash": None if asset.thumbhash is None else b64encode(asset.thumbhash).decode(),
        }
        if streams:
            found["streams"] = streams
    return found


def _expires(upload: Upload) -> list[tuple[str, str]]:
    if upload.state not in UNFINISHED:
        return []
    return [("Upload-Expires", formatdate(upload.expires_at_ms / 1000, usegmt=True))]


def _answer(status: int, *headers: tuple[str, str]) -> Answer:
    return Answer(status, (("Tus-Resumable", VERSION), ("Cache-Control", "no-store"), *headers))
