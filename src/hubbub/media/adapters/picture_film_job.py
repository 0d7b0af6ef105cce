"""The frames of a moving mezzanine for an encoder of video, as a job of the sandbox.

ffmpeg reads no moving WebP, and frames of pictures are shown for times of their own, so that a bare row of pixels would
not do: Matroska with uncompressed pictures has both, and is quickly written.

Source: RFC 9559, sections 5.1.3 (clusters) and 5.1.4 (tracks); RFC 8794 (EBML).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pyvips

from hubbub.media.adapters import (
    picture_job,  # noqa: F401 - it imports what decoders need, ahead of the fork
    vips,
)
from hubbub.media.adapters.picture_films import FRAMES
from hubbub.media.adapters.picture_rendering import PAPER, fitted
from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.media.domain.rendition import Output, Rendition

_SEGMENT_UNBOUNDED = bytes.fromhex("18538067 01FFFFFFFFFFFFFF")
_MILLISECOND_NS = 1_000_000
_SHORT_MS = 40
"""About what the last frame of an AVIF is shown for."""


@job(FRAMES)
def _serve(call: Call) -> Any:
    """Write the frames that a rendition shows to the output."""
    (mezzanine,), (output,) = call.inputs, call.outputs
    rendition = Rendition.from_name(call.arguments)
    with vips.damage_told():
        return _written(os.pread(mezzanine, os.fstat(mezzanine).st_size, 0), rendition, output)


def _written(mezzanine: bytes, rendition: Rendition, output: int) -> dict[str, int]:
    width = height = 0
    for at_ms, delay_ms, frame in _shown(mezzanine, rendition):
        if not width:
            width, height = frame.width, frame.height
            _write(output, _head(width, height))
        block = _element("A1", b"\x81\0\0\x80" + bytes(frame.write_to_memory()))
        group = _element("A0", block + _element("9B", _number(delay_ms)))
        _write(output, _element("1F43B675", _element("E7", _number(at_ms)) + group))
    return {"width": width, "height": height}


def _shown(mezzanine: bytes, rendition: Rendition) -> Iterator[tuple[int, int, pyvips.Image]]:
    """Yield when each frame is shown and for how long, in milliseconds, and the frame."""
    roll = pyvips.Image.webpload_buffer(mezzanine, n=-1, access="sequential")
    across, height, at_ms = roll.width, int(roll.get("page-height")), 0
    for index, delay_ms in enumerate(roll.get("delay")):
        frame = vips.in_memory(_whole(fitted(roll.crop(0, index * height, across, height), rendition, "centre")))
        yield at_ms, delay_ms, frame
        at_ms += delay_ms
    if rendition.format is Output.AVIF and delay_ms > 2 * _SHORT_MS:
        # The encoder of AV1 passes no durations on: the last frame lasts when it comes once more at its end.
        yield at_ms - _SHORT_MS, _SHORT_MS, frame


def _whole(image: pyvips.Image) -> pyvips.Image:
    """Return a frame without transparency, whose sides are even as the codecs want them: a row less, or one more."""
    opaque = image.flatten(background=PAPER) if vips.has_alpha(image) else image
    width, height = max(2, image.width & ~1), max(2, image.height & ~1)
    if (width, height) == (image.width, image.height):
        return opaque
    return opaque.embed(0, 0, width, height, extend="copy")


def _head(width: int, height: int) -> bytes:
    """Return what stands before the frames: one track of 24-bit pixels, in a segment without an end."""
    said = _element("4282", b"matroska") + _element("4287", _number(4)) + _element("4285", _number(2))
    about = _element("1549A966", _element("2AD7B1", _number(_MILLISECOND_NS)))
    pixels = _element("B0", _number(width)) + _element("BA", _number(height)) + _element("2EB524", b"RGB\x18")
    track = b"".join(_element(each, _number(1)) for each in ("D7", "73C5", "83"))
    track += _element("86", b"V_UNCOMPRESSED") + _element("E0", pixels)
    return _element("1A45DFA3", said) + _SEGMENT_UNBOUNDED + about + _element("1654AE6B", _element("AE", track))


def _element(identifier: str, body: bytes) -> bytes:
    return bytes.fromhex(identifier) + (len(body) | 1 << 56).to_bytes(8) + body


def _number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8))


def _write(output: int, content: bytes) -> None:
    """Write all of `content`, which the system may take in parts."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(output, rest) :]
