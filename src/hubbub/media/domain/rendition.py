"""Renditions: what a delivery URL asks for, made canonical so that endless requests make a bounded number of variants.

``?width=&height=&fit=contain|cover&format=&quality=&animated=``: sides snap up to `SIDES`, qualities to `QUALITIES`,
nothing is ever enlarged, and parameters that are not named here are ignored. What was not asked for is chosen by
``Accept`` (`domain/accept.py`). The canonical name is the key of storage and caches.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from hubbub.kernel.errors import FieldProblem, InvalidForm

SIDES = (16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048)
"""Pixels that a side is rendered at: steps of at most half, so that a browser scales down by little."""
SIDE_MAX = 4096
"""Pixels that may be asked for; more than the largest of `SIDES` gives that."""
COVER_SIDES = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048)
"""The same for boxes that are filled: fewer, because their two sides vary freely."""
QUALITIES = (50, 80, 92)
"""Qualities on the scale of JPEG; other formats are set to look alike."""
QUALITY_DEFAULT = 80


class Fit(StrEnum):
    """How a picture takes the asked box."""

    CONTAIN = "contain"
    """Whole, within the box."""
    COVER = "cover"
    """Filling the box; what stands over is cut off where the picture is least interesting."""


class Output(StrEnum):
    """Formats that are rendered, named as in URLs."""

    AVIF = "avif"
    WEBP = "webp"
    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    MP4 = "mp4"
    """Of what moves alone: silent, and never chosen for a client, because a picture's place shows none."""

    @property
    def content_type(self) -> str:
        """Registered media type."""
        return f"{'video' if self is Output.MP4 else 'image'}/{self.value}"


class Source(NamedTuple):
    """What a rendition needs to know of an asset: its largest mezzanine, so that nothing is enlarged from that."""

    width: int
    """Pixels across, as shown."""
    height: int
    alpha: bool
    """Whether any pixel is not opaque."""
    animated: bool


class Asked(NamedTuple):
    """Delivery parameters, checked and as they were sent; None for what was not."""

    width: int | None = None
    height: int | None = None
    fit: Fit = Fit.CONTAIN
    format: Output | None = None
    quality: int | None = None
    animated: bool = True
    """Whether what moves may move; else its first frame is shown."""


class Rendition(NamedTuple):
    """One variant, canonical: equal requests have equal renditions."""

    width: int
    """Pixels of the box across; within it the picture keeps its proportions (contain), or fills it (cover)."""
    height: int
    fit: Fit
    format: Output
    quality: int
    """On the scale of JPEG; zero for formats that lose nothing."""
    animated: bool
    """Whether every frame is rendered, or the first alone."""
    negotiated: bool
    """Whether the format was chosen by us: then a fallback that has fewer bytes may stand in for it."""

    @property
    def is_film(self) -> bool:
        """Whether it is encoded as video is, each frame from those before it."""
        return self.animated and self.format in _FILMS

    @property
    def name(self) -> str:
        """Canonical name, e.g. ``512x384-contain-q80.webp``; made of characters that are safe in keys and paths."""
        parts = [f"{self.width}x{self.height}", self.fit.value]
        parts += [f"q{self.quality}"] if self.quality else []
        parts += ["moving"] if self.animated else []
        parts += ["auto"] if self.negotiated else []
        return f"{'-'.join(parts)}.{self.format.value}"

    @classmethod
    def from_name(cls, name: str) -> Rendition:
        """Return the rendition of a canonical name.

        Raises:
            ValueError: It is no canonical name.
        """
        found = _NAME.fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} names no rendition")
        width, height, fit, quality, moving, auto, format_ = found.groups()
        return cls(int(width), int(height), Fit(fit), Output(format_), int(quality or 0), bool(moving), bool(auto))


_NAME = re.compile(r"(\d{1,4})x(\d{1,4})-(contain|cover)(?:-q(\d{2}))?(-moving)?(-auto)?\.(avif|webp|jpeg|png|gif|mp4)")
_NUMBER = re.compile(r"[0-9]{1,5}")
_FORMATS = {"jpg": Output.JPEG, **{output.value: output for output in Output}}
_LOSSLESS = frozenset({Output.PNG, Output.GIF})
_MOVING = frozenset({Output.WEBP, Output.GIF, Output.MP4})
_FILMS = frozenset({Output.AVIF, Output.MP4})


def parse(query: Mapping[str, str]) -> Asked:
    """Return what the parameters in `query` ask for; others than ours are ignored.

    Raises:
        InvalidForm: A value is none of those accepted; `fields` names each.
    """
    problems: list[FieldProblem] = []
    width = _number(query, "width", SIDE_MAX, problems)
    height = _number(query, "height", SIDE_MAX, problems)
    quality = _number(query, "quality", 100, problems)
    fit = query.get("fit", Fit.CONTAIN)
    if fit not in set(Fit):
        problems.append(FieldProblem("fit", "BASE_TYPE_CHOICES", "Value must be one of contain, cover."))
        fit = Fit.CONTAIN
    format_ = query.get("format")
    if format_ is not None and format_ not in _FORMATS:
        accepted = ", ".join(_FORMATS)
        problems.append(FieldProblem("format", "BASE_TYPE_CHOICES", f"Value must be one of {accepted}."))
        format_ = None
    animated = query.get("animated", "true")
    if animated not in {"true", "false"}:
        problems.append(FieldProblem("animated", "BASE_TYPE_CHOICES", "Value must be one of true, false."))
    if fit == Fit.COVER and not problems and (width is None or height is None):
        missing = "width" if width is None else "height"
        problems.append(FieldProblem(missing, "BASE_TYPE_REQUIRED", "fit=cover needs a width and a height."))
    if problems:
        raise InvalidForm(fields=problems)
    return Asked(width, height, Fit(fit), _FORMATS[format_] if format_ else None, quality, animated == "true")


def _number(query: Mapping[str, str], name: str, most: int, problems: list[FieldProblem]) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        problems.append(FieldProblem(name, "NUMBER_TYPE_COERCE", "Value must be a whole number."))
        return None
    value = int(text)
    if not 1 <= value <= most:
        problems.append(FieldProblem(name, "NUMBER_TYPE_RANGE", f"Value must be between 1 and {most}."))
        return None
    return value


def resolve(asked: Asked, source: Source, outputs: tuple[Output, ...]) -> Rendition:
    """Return the one rendition that serves `asked` of `source`.

    Args:
        asked: Checked parameters.
        source: The asset.
        outputs: Formats that the client takes, best first (`accept.negotiate`); used when `asked` names none.

    Raises:
        InvalidForm: It asks for a video of what does not move.
    """
    output = asked.format or outputs[0]
    # AVIF that moves has no transparency here: our encoder of video knows none. Such a one stands still.
    animated = source.animated and (output in _MOVING or (output is Output.AVIF and not source.alpha))
    if output is Output.MP4 and not animated:
        raise InvalidForm(fields=[FieldProblem("format", "BASE_TYPE_CHOICES", "Only what moves has an MP4.")])
    width, height = _cover(asked, source) if asked.fit is Fit.COVER else _contain(asked, source)
    quality = 0 if output in _LOSSLESS else _snap(asked.quality or QUALITY_DEFAULT, QUALITIES)
    return Rendition(width, height, asked.fit, output, quality, animated, asked.format is None)


def fallback(source: Source, *, animated: bool) -> Output:
    """Return the format that every client takes: GIF for what moves, PNG for what is transparent, else JPEG."""
    if animated:
        return Output.GIF
    return Output.PNG if source.alpha else Output.JPEG


def _contain(asked: Asked, source: Source) -> tuple[int, int]:
    """Return a box of the picture's own proportions whose longer side is one of `SIDES`, or the picture itself."""
    longest = max(source.width, source.height)
    scale = min(
        (asked.width or SIDE_MAX) / source.width,
        (asked.height or SIDE_MAX) / source.height,
        1.0,
    )
    side = _snap(round(longest * scale), SIDES)
    if side >= longest:
        return source.width, source.height
    return max(1, round(source.width * side / longest)), max(1, round(source.height * side / longest))


def _cover(asked: Asked, source: Source) -> tuple[int, int]:
    """Return a box with sides of `COVER_SIDES`, made smaller in its own proportions where the picture is smaller."""
    width, height = (_snap(side, COVER_SIDES) for side in (asked.width or SIDE_MAX, asked.height or SIDE_MAX))
    scale = min(source.width / width, source.height / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _snap(value: int, steps: tuple[int, ...]) -> int:
    """Return the smallest of `steps` that is no less than `value`, or the largest."""
    return steps[min(bisect_left(steps, value), len(steps) - 1)]
