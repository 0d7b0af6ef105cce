"""Moving pictures as films: MP4 and moving AVIF, made of our own mezzanines by two children of the sandbox.

One decodes and scales the frames, the other is ffmpeg, which reads what the first one wrote. Neither sees a stranger's
bytes; they are kept all the same, because that costs nothing.
"""

from __future__ import annotations

import asyncio
import os
from typing import Final

import msgspec

from hubbub.media.adapters import ffmpeg_arguments
from hubbub.media.adapters.ffmpeg import Ffmpeg
from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Rendition
from hubbub.media.errors import DamagedMedia, SandboxCrashed, SandboxJobFailed, SandboxUnavailable

FILM_JOBS: Final = "hubbub.media.adapters.picture_film_job"
"""The module that a zygote imports to know `FRAMES`."""
FRAMES: Final = "picture.frames"
_MIB: Final = 1 << 20
_FRAMES_LIMITS: Final = Limits(cpu_s=20, wall_s=60.0, memory_bytes=1 << 30, output_bytes=256 * _MIB)
"""A mezzanine's pixels are bounded to 60 million, three bytes each."""
_FILM_LIMITS: Final = Limits(cpu_s=60, wall_s=120.0, memory_bytes=2 << 30, output_bytes=64 * _MIB)


class _Size(msgspec.Struct, frozen=True):
    width: int
    height: int


class PictureFilms:
    """Renders what `Rendition.is_film` is true of, in a sandbox that knows `FILM_JOBS`."""

    def __init__(self, sandbox: Sandbox, ffmpeg: Ffmpeg) -> None:
        """Decode in `sandbox`, and encode with `ffmpeg`."""
        self._sandbox = sandbox
        self._ffmpeg = ffmpeg

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        """Return `rendition` of a moving mezzanine.

        Raises:
            DamagedMedia: The bytes are no mezzanine of ours, or were damaged in storage.
            SandboxUnavailable: There is no ffmpeg here, or nothing that keeps it.
            SandboxError: As for `Sandbox.run`.
        """
        if not self._ffmpeg.works:
            raise SandboxUnavailable
        given = os.memfd_create("mezzanine")
        try:
            await asyncio.to_thread(_write, given, mezzanine)
            try:
                frames = await self._sandbox.run(
                    FRAMES, rendition.name, inputs=(given,), outputs=1, limits=_FRAMES_LIMITS
                )
            except SandboxJobFailed as failed:
                if failed.kind == DamagedMedia.__name__:
                    raise DamagedMedia from failed
                raise
        finally:
            os.close(given)
        with frames:
            try:
                size = msgspec.convert(frames.value, _Size)
            except msgspec.ValidationError as problem:
                raise SandboxCrashed(reason="it told what is no film") from problem
            said = ffmpeg_arguments.filming(rendition.format, rendition.quality)
            content = await self._ffmpeg.made(frames.outputs[0], said, ffmpeg_arguments.FILM, _FILM_LIMITS)
        return Rendered(content, rendition.format, size.width, size.height)


def _write(descriptor: int, content: bytes) -> None:
    """Write all of `content`, which the system may take in parts; blocks."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
