"""Pictures of every format are decoded in the sandbox, and refused from it, as they are outside."""

from __future__ import annotations

import os
import sys

import pytest

from doubles import pictures
from hubbub.media.adapters.picture_decoder import JOBS_MODULE, PictureDecoder
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.rendition import Asked, Output, Source, resolve
from hubbub.media.errors import DamagedMedia, NotAPicture, TooManyFrames, TooManyPixels

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")


@pytest.fixture
async def decoder():
    sandbox = Sandbox([JOBS_MODULE], children_max=2)
    yield PictureDecoder(sandbox)
    await sandbox.stop()


def file_of(content: bytes) -> int:
    descriptor = os.memfd_create("picture")
    os.write(descriptor, content)
    return descriptor


CORPUS = [(name, pictures.encoded(pictures.photo(1200, 900), name)) for name in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")]
CORPUS += [(f"moving {name}", pictures.moving(4, name)) for name in ("GIF", "PNG", "WEBP", "AVIF")]
CORPUS += [
    ("another gamut", pictures.encoded(pictures.photo(), "JPEG", icc_profile=pictures.exchanged_profile())),
    ("print colours", pictures.encoded(pictures.photo().convert("CMYK"), "JPEG")),
]


async def test_every_format_is_decoded_and_rendered_inside(decoder: PictureDecoder) -> None:
    for name, content in CORPUS:
        found = await decoder.inspect(file_of(content))
        assert found.mezzanines, name
        best = found.mezzanines[0]
        source = Source(best.width, best.height, found.alpha, found.frames > 1)
        for output in Output:
            rendition = resolve(Asked(width=128, format=output), source, ())
            made = await decoder.render(file_of(found.mezzanines[-1].content), rendition)
            assert made.output is output, name
            assert made.content, name


async def test_refusals_keep_their_types(decoder: PictureDecoder) -> None:
    for content, error in (
        (b"<svg/>", NotAPicture),
        (b"", NotAPicture),
        ("<svg >".encode("utf-16"), NotAPicture),
        (pictures.png_header(30_000, 30_000), TooManyPixels),
        (pictures.png_header(3_000, 3_000), DamagedMedia),
        (pictures.gif_of(10_000), TooManyFrames),
    ):
        with pytest.raises(error):
            await decoder.inspect(file_of(content))
