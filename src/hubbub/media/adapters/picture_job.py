"""Inspecting a picture as a job of the sandbox.

What the decoders would import when they first meet a format is imported here, ahead: a child opens no file by name.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec
import pillow_heif  # noqa: F401 - for the children
from PIL import Image

from hubbub.media.adapters import picture_inspection, vips
from hubbub.media.adapters.picture_inspector import INSPECT, MezzanineNote, PictureNote
from hubbub.media.adapters.sandbox.job import Call, job

Image.init()
vips.configure()


@job(INSPECT)
def inspect(call: Call) -> Any:
    """Inspect the picture in the input, and write each mezzanine to an output."""
    (picture,) = call.inputs
    found = picture_inspection.inspect(os.pread(picture, os.fstat(picture).st_size, 0))
    notes = []
    for output, mezzanine in zip(call.outputs, found.mezzanines, strict=False):
        _write(output, mezzanine.content)
        notes.append(MezzanineNote(mezzanine.name, mezzanine.content_type, mezzanine.width, mezzanine.height))
    note = PictureNote(
        format=found.format.name,
        width=found.width,
        height=found.height,
        alpha=found.alpha,
        frames=found.frames,
        duration_ms=found.duration_ms,
        thumbhash=found.thumbhash,
        mezzanines=tuple(notes),
        pdq=found.fingerprint.pdq,
        quality=found.fingerprint.quality,
    )
    return msgspec.structs.asdict(note)


def _write(output: int, content: bytes) -> None:
    """Write all of `content`, which the system may take in parts."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(output, rest) :]
