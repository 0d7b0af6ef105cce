"""Pictures of every format are inspected inside the sandbox, where nothing can be opened or imported any more."""

from __future__ import annotations

import io
import os
import sys

import pillow_heif
import pytest
from PIL import Image

from doubles.pictures import encoded, moving, photo, png_header
from hubbub.media.adapters.picture_inspector import PICTURE_JOBS, PictureInspector
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.kinds import Format
from hubbub.media.errors import DamagedMedia, NotAPicture, TooManyPixels

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")


@pytest.fixture
async def inspector():
    sandbox = Sandbox([PICTURE_JOBS], children_max=2)
    yield PictureInspector(sandbox)
    await sandbox.stop()


@pytest.fixture
def file_of():
    made = []

    def make(content: bytes) -> int:
        made.append(os.memfd_create("picture"))
        os.write(made[-1], content)
        return made[-1]

    yield make
    for each in made:
        os.close(each)


def heic() -> bytes:
    written = io.BytesIO()
    pillow_heif.from_pillow(photo()).save(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("picture", "format_"),
    [
        (lambda: encoded(photo(), "JPEG"), Format.JPEG),
        (lambda: encoded(photo(), "PNG"), Format.PNG),
        (lambda: encoded(photo(), "AVIF"), Format.AVIF),
        (lambda: encoded(photo(), "WEBP"), Format.WEBP),
        (heic, Format.HEIC),
        (lambda: moving(4, "GIF"), Format.GIF),
    ],
    ids=["JPEG", "PNG", "AVIF", "WEBP", "HEIC", "GIF"],
)
async def test_a_picture_is_inspected_and_its_mezzanines_are_pictures(inspector, file_of, picture, format_):
    found = await inspector.inspect(file_of(picture()))
    assert found.format is format_
    assert len(found.note.mezzanines) >= 1
    with found.result as result:
        for place, note in enumerate(found.note.mezzanines):
            assert Image.open(io.BytesIO(result.read(place))).size == (note.width, note.height)


async def test_every_mezzanine_of_a_large_animation_comes_out(inspector, file_of):
    found = await inspector.inspect(file_of(moving(2, "GIF", size=(1200, 60))))
    with found.result as result:
        assert [note.name for note in found.note.mezzanines] == ["2048", "1024", "512", "moving"]
        sizes = [Image.open(io.BytesIO(result.read(place))).size for place in range(4)]
    assert sizes == [(1200, 60), (1024, 51), (512, 26), (1024, 51)]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (lambda: b"not a picture at all", NotAPicture),
        (lambda: png_header(30_000, 30_000), TooManyPixels),
        (lambda: encoded(photo(), "JPEG")[:400], DamagedMedia),
    ],
    ids=["text", "bomb", "cut"],
)
async def test_what_is_no_picture_comes_back_as_its_own_error(inspector, file_of, content, refusal):
    with pytest.raises(refusal):
        await inspector.inspect(file_of(content()))
