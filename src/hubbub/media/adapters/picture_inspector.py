"""Pictures are inspected in the sandbox: the server's side, which imports no decoder."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from hubbub.media import errors
from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Result, Sandbox
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.perceptual import Fingerprint
from hubbub.media.errors import MediaError, SandboxCrashed, SandboxJobFailed

PICTURE_JOBS = "hubbub.media.adapters.picture_job"
"""The module that a zygote imports to know `INSPECT`."""
INSPECT = "picture.inspect"
MEZZANINES_MAX = 4
"""Three stills and a moving one."""
_VERDICTS: dict[str, type[MediaError]] = {
    each.__name__: each
    for each in (errors.NotAPicture, errors.DamagedMedia, errors.TooManyPixels, errors.TooManyFrames)
}


class MezzanineNote(msgspec.Struct, frozen=True):
    """What the job tells of one mezzanine; its bytes are the output at the same place."""

    name: str
    """As `domain.picture.Mezzanine` has it, and the rest likewise."""
    content_type: str
    width: int
    height: int


class PictureNote(msgspec.Struct, frozen=True):
    """What the job tells of a picture, as `domain.picture.Inspected` has it."""

    format: str
    """Name of the `Format`."""
    width: int
    height: int
    alpha: bool
    frames: int
    duration_ms: int
    thumbhash: bytes
    mezzanines: tuple[MezzanineNote, ...]
    pdq: bytes = b""
    """Empty only where nothing was computed."""
    quality: int = 0

    @property
    def fingerprint(self) -> Fingerprint | None:
        """What the picture is recognised by; None where nothing was computed."""
        return Fingerprint(self.pdq, self.quality) if self.pdq else None


class InspectedPicture(NamedTuple):
    """A picture's note, and what holds its mezzanines: output *i* is mezzanine *i*. Close it."""

    format: Format
    note: PictureNote
    result: Result


class PictureInspector:
    """Inspects pictures in a sandbox that knows `PICTURE_JOBS`."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Use `sandbox`, which is the caller's to start and stop."""
        self._sandbox = sandbox

    async def inspect(self, picture: int, limits: Limits | None = None) -> InspectedPicture:
        """Return what the picture behind the descriptor `picture` is, with its mezzanines.

        Raises:
            NotAPicture: The bytes are no picture that is decoded.
            DamagedMedia: They cannot be decoded to their end.
            TooManyPixels: It exceeds the budget.
            TooManyFrames: Likewise.
            SandboxError: As for `Sandbox.run`.
        """
        try:
            result = await self._sandbox.run(INSPECT, inputs=(picture,), outputs=MEZZANINES_MAX, limits=limits)
        except SandboxJobFailed as failed:
            verdict = _VERDICTS.get(failed.kind)
            raise failed if verdict is None else verdict() from failed
        try:
            note = msgspec.convert(result.value, PictureNote)
            return InspectedPicture(Format[note.format], note, result)
        except (msgspec.ValidationError, KeyError) as problem:
            result.close()
            raise SandboxCrashed(reason="it told what is no picture") from problem
