"""A stored file as delivery sees it, and how what is someone else's content may be shown."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from urllib.parse import quote

from hubbub.media.domain.kinds import Format, Kind
from hubbub.media.domain.rendition import Fit, Rendition, Source

PATH = "/media/files"
"""Under which files are delivered: ``/media/files/{asset_id}/{name}``."""


class StoredSegment(NamedTuple):
    """One object that holds a part of a file."""

    object_key: str
    size_bytes: int


class StoredMezzanine(NamedTuple):
    """One sanitised form of a picture."""

    name: str
    """``2048``, ``1024``, ``512`` or ``moving``."""
    object_key: str
    width: int
    """Pixels across, as shown."""
    height: int
    frames: int
    """More than one for what moves."""
    has_alpha: bool


class StoredStream(NamedTuple):
    """One file of those that players choose from."""

    name: str
    """As its address ends: ``master.m3u8``, ``v360.mp4``."""
    object_key: str
    content_type: str
    size_bytes: int


class Deliverable(NamedTuple):
    """A file that is ready; it does not change under its id, but for a video's first file (`is_settled`)."""

    asset_id: int
    owner: str
    """Whose it is; never shown."""
    kind: Kind
    content_type: str
    """What its bytes were found to be, e.g. ``image/svg+xml``; not yet what it may be served as."""
    size_bytes: int
    """Of the original."""
    name: str
    """File name, as its address ends; no slash."""
    segments: tuple[StoredSegment, ...]
    """The original's bytes, in order."""
    mezzanines: tuple[StoredMezzanine, ...]
    """What pictures are rendered from; empty for other files."""
    is_public: bool
    """Whether its address is good without a signature."""
    streams: tuple[StoredStream, ...] = ()
    """Of a video whose ladder is made."""
    is_settled: bool = True
    """Whether its bytes stay as they are; false of a video whose first, small file will give way to a better one."""

    @property
    def path(self) -> str:
        """Its address without host and query, decoded; what is signed."""
        return f"{PATH}/{self.asset_id}/{self.name}"

    @property
    def address(self) -> str:
        """The same as it stands in a link."""
        return quote(self.path)

    @property
    def tags(self) -> tuple[str, ...]:
        """Names under which caches can be told to forget it."""
        return asset_tag(self.asset_id), owner_tag(self.owner)

    @property
    def is_picture(self) -> bool:
        """Whether it is shown as renditions alone: the original says where and with what a photo was taken."""
        return self.kind in {Kind.IMAGE, Kind.ANIMATION}

    @property
    def source(self) -> Source:
        """What is rendered from; there must be a mezzanine."""
        best = max(self.mezzanines, key=lambda each: (each.frames == 1, each.width * each.height))
        animated = any(each.frames > 1 for each in self.mezzanines)
        return Source(best.width, best.height, any(each.has_alpha for each in self.mezzanines), animated)

    def mezzanine_for(self, rendition: Rendition) -> StoredMezzanine:
        """Return the smallest mezzanine that need not be enlarged for `rendition`, or else the largest."""
        moving = [each for each in self.mezzanines if (each.frames > 1) == rendition.animated]
        fit = sorted(moving or self.mezzanines, key=lambda each: each.width * each.height)
        return next((each for each in fit if _covers(each, rendition)), fit[-1])


class Shown(NamedTuple):
    """How an original is handed out."""

    content_type: str
    inline: bool
    """Whether a browser may show it in place."""


def shown(content_type: str) -> Shown:
    """Return how an original of a type is handed out.

    Types that we know to be harmless keep theirs and may be shown; those that may carry script are bytes without
    meaning, and those we do not know too. Both are only ever downloaded.
    """
    return _SHOWN.get(content_type.split(";", 1)[0].strip().lower(), _OPAQUE)


def disposition(name: str, *, inline: bool) -> str:
    """Return the value of Content-Disposition (RFC 6266, with the extended notation of RFC 8187)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def fitting(name: str, content_type: str) -> str:
    """Return a file's name as it is saved: of a recording that was put into MP4, with an end that players know."""
    ends = _ENDS.get(content_type)
    if ends is None or name.lower().endswith(ends):
        return name
    stem, dot, end = name.rpartition(".")
    return f"{stem if dot and stem and len(end) <= _END_LENGTH_MAX else name}{ends[0]}"


def asset_tag(asset_id: int) -> str:
    """Return the tag of one file."""
    return f"asset-{asset_id}"


def owner_tag(owner: str) -> str:
    """Return the tag of all that one owner has; it does not tell who that is."""
    return f"owner-{hashlib.sha256(b'hubbub media owner 1' + owner.encode()).hexdigest()[:24]}"


def _covers(mezzanine: StoredMezzanine, rendition: Rendition) -> bool:
    if rendition.fit is Fit.CONTAIN:
        # Proportions are the picture's own; a pixel of rounding in the shorter side is no enlargement.
        return max(mezzanine.width, mezzanine.height) >= max(rendition.width, rendition.height)
    return mezzanine.width >= rendition.width and mezzanine.height >= rendition.height


_ENDS = {"video/mp4": (".mp4", ".m4v"), "audio/mp4": (".m4a", ".m4b", ".mp4")}
"""What the names of files of a type end with, ours first; only of types that we make."""
_END_LENGTH_MAX = 5
"""Letters after the last dot that are taken for a file's type, as in ``webm`` and ``3gpp2``."""
_OPAQUE = Shown("application/octet-stream", inline=False)
_SHOWN = {
    each.value.content_type: Shown(each.served_as, each.value.inline)
    for each in Format
    if each.served_as != _OPAQUE.content_type
} | {"audio/webm": Shown("audio/webm", inline=True)}
"""By type; WebM may be sound alone, which its first bytes do not tell."""
