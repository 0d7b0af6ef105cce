"""What is known of a picture once it was decoded, and what was made of it."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.media.domain.kinds import Format
from hubbub.media.domain.perceptual import Fingerprint
from hubbub.media.domain.rendition import Output


class Mezzanine(NamedTuple):
    """One sanitised form, from which renditions are made."""

    name: str
    """``2048``, ``1024``, ``512`` or ``moving``; the part of its storage key."""
    content: bytes
    content_type: str
    width: int
    height: int


class Inspected(NamedTuple):
    """What an upload turned out to be."""

    format: Format
    width: int
    """Pixels across, as shown."""
    height: int
    alpha: bool
    """Whether any pixel is not opaque."""
    frames: int
    duration_ms: int
    """How long an animation plays once; zero for a still."""
    thumbhash: bytes
    """Placeholder of about 25 bytes, shown until the picture arrives."""
    mezzanines: tuple[Mezzanine, ...]
    """Largest still first; the moving one, where there is one, last."""
    fingerprint: Fingerprint
    """Of the still, or of the first frame."""


class Rendered(NamedTuple):
    """A variant's bytes."""

    content: bytes
    output: Output
    """What they are: another format than the rendition's where that had fewer bytes and was free to choose."""
    width: int
    height: int
