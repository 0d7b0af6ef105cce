"""Pictures decoded in the sandbox, for the server: descriptors and types in, types out. Imports no decoder."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeVar

import msgspec

from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Result, Sandbox
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.picture import Inspected, Mezzanine, Rendered
from hubbub.media.domain.rendition import Output, Rendition
from hubbub.media.errors import (
    DamagedMedia,
    MediaError,
    NotAPicture,
    SandboxCrashed,
    TooManyFrames,
    TooManyPixels,
)

JOBS_MODULE = "hubbub.media.adapters.picture_jobs"
"""What the sandbox's zygote imports for these jobs."""
_MEZZANINES_MAX = 3
_Told = TypeVar("_Told")
_REFUSALS: dict[str, type[MediaError]] = {
    error.code: error for error in (DamagedMedia, NotAPicture, TooManyFrames, TooManyPixels)
}


class _Refused(msgspec.Struct):
    refused: str
    sentence: str


class _Found(msgspec.Struct):
    format: str
    width: int
    height: int
    alpha: bool
    frames: int
    duration_ms: int
    thumbhash: bytes
    mezzanines: list[tuple[str, str, int, int]]


class _Made(msgspec.Struct):
    output: Output
    width: int
    height: int


class PictureDecoder:
    """Inspects and renders pictures in children of a sandbox whose zygote imported `JOBS_MODULE`."""

    def __init__(self, sandbox: Sandbox, budget: Budget | None = None, limits: Limits | None = None) -> None:
        """Use `sandbox`, which stays its owner's; None takes the defaults of budget and limits."""
        self._sandbox = sandbox
        self._budget = budget or Budget()
        self._limits = limits

    async def inspect(self, original: int) -> Inspected:
        """Return what the picture in the file of descriptor `original` is, and its mezzanines.

        Raises:
            NotAPicture: The bytes are no picture that is decoded.
            DamagedMedia: They cannot be decoded to their end.
            TooManyPixels: It exceeds the budget.
            TooManyFrames: Likewise.
            SandboxError: What became of the child that decoded it.
        """
        with await self._sandbox.run(
            "picture.inspect", asdict(self._budget), inputs=(original,), outputs=_MEZZANINES_MAX, limits=self._limits
        ) as result:
            found = _told(result, _Found)
            made = tuple(
                Mezzanine(name, result.read(place), content_type, width, height)
                for place, (name, content_type, width, height) in enumerate(found.mezzanines[:_MEZZANINES_MAX])
            )
        if found.format not in Format.__members__:
            raise SandboxCrashed(reason="it named a format that there is not")
        return Inspected(
            Format[found.format],
            found.width,
            found.height,
            found.alpha,
            found.frames,
            found.duration_ms,
            found.thumbhash,
            made,
        )

    async def render(self, mezzanine: int, rendition: Rendition) -> Rendered:
        """Return `rendition` of the mezzanine in the file of descriptor `mezzanine`.

        Raises:
            DamagedMedia: The bytes are no mezzanine of ours, or were damaged in storage.
            SandboxError: What became of the child.
        """
        with await self._sandbox.run(
            "picture.render", rendition.name, inputs=(mezzanine,), outputs=1, limits=self._limits
        ) as result:
            made = _told(result, _Made)
            return Rendered(result.read(), made.output, made.width, made.height)


def _told(result: Result, expected: type[_Told]) -> _Told:
    value: Any = result.value
    try:
        if isinstance(value, dict) and "refused" in value:
            refused = msgspec.convert(value, _Refused)
            raise _REFUSALS.get(refused.refused, DamagedMedia)(refused.sentence)
        return msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        raise SandboxCrashed(reason="it told nonsense") from error
