"""What was inspected in the sandbox is rendered in it, in every format."""

from __future__ import annotations

import os
import sys

import pytest

from doubles import pictures
from hubbub.media.adapters.picture_inspector import PictureInspector
from hubbub.media.adapters.picture_renderer import RENDER_JOBS, PictureRenderer
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.rendition import Asked, Fit, Output, Source, resolve
from hubbub.media.errors import DamagedMedia, NotAPicture

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

CORPUS = {
    "jpeg": pictures.encoded(pictures.photo(1200, 900), "JPEG"),
    "transparent": pictures.encoded(pictures.glass(400, 300), "PNG"),
    "moving": pictures.moving(4, "GIF"),
    "another gamut": pictures.encoded(pictures.photo(), "JPEG", icc_profile=pictures.exchanged_profile()),
    "print colours": pictures.encoded(pictures.photo().convert("CMYK"), "JPEG"),
}


@pytest.fixture
async def sandbox():
    sandbox = Sandbox([RENDER_JOBS], children_max=2)
    yield sandbox
    await sandbox.stop()


def file_of(content: bytes) -> int:
    descriptor = os.memfd_create("picture")
    os.write(descriptor, content)
    return descriptor


@pytest.mark.parametrize("name", CORPUS)
async def test_every_output_is_rendered_inside(sandbox: Sandbox, name: str) -> None:
    found = await PictureInspector(sandbox).inspect(file_of(CORPUS[name]))
    best = found.note.mezzanines[0]
    source = Source(best.width, best.height, found.note.alpha, found.note.frames > 1)
    renderer = PictureRenderer(sandbox)
    for output in Output:
        if output is Output.MP4 or (output is Output.AVIF and source.animated):
            continue  # films: test_picture_films.py
        rendition = resolve(Asked(64, 48, Fit.COVER, output), source, ())
        place = len(found.note.mezzanines) - 1 if rendition.animated else 0
        made = await renderer.render_bytes(found.result.read(place), rendition)
        assert (made.output, made.width, made.height) == (output, rendition.width, rendition.height)
        assert made.content
    found.result.close()
    await renderer.close()


async def test_a_damaged_mezzanine_keeps_its_error(sandbox: Sandbox) -> None:
    rendition = resolve(Asked(64), Source(1024, 768, alpha=False, animated=False), (Output.WEBP,))
    renderer = PictureRenderer(sandbox)
    with pytest.raises(DamagedMedia):
        await renderer.render_bytes(b"\xff\xd8\xff\xe0", rendition)
    photo = await PictureInspector(sandbox).inspect(file_of(CORPUS["jpeg"]))
    with photo.result:
        made = await renderer.render_bytes(photo.result.read(), rendition)
    assert made.output is Output.WEBP
    await renderer.close()


async def test_markup_in_sixteen_bits_is_recognised_inside(sandbox: Sandbox) -> None:
    with pytest.raises(NotAPicture):
        await PictureInspector(sandbox).inspect(file_of("<svg >".encode("utf-16")))
