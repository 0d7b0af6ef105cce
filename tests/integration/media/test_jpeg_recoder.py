"""JPEG files are made smaller in a real sandbox, and come back bit by bit; what is damaged stays as it is."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from doubles.pictures import encoded, photo
from hubbub.media.adapters.jpeg_recoder import JPEG_JOBS, JpegRecoder
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.errors import SandboxJobFailed

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")


@pytest.fixture
async def recoder() -> AsyncIterator[JpegRecoder]:
    sandbox = Sandbox([JPEG_JOBS], children_max=2)
    yield JpegRecoder(sandbox)
    await sandbox.stop()


def behind(content: bytes) -> int:
    descriptor = os.memfd_create("given")
    os.write(descriptor, content)
    return descriptor


def camera(*, progressive: bool, quality: int) -> bytes:
    """A photo with EXIF before and a camera's own bytes behind its end."""
    made = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    photo(640, 480).save(made, "JPEG", quality=quality, progressive=progressive, exif=exif)
    return made.getvalue() + b"a thumbnail, or what a camera keeps to itself"


@pytest.mark.parametrize("progressive", [False, True])
async def test_a_photo_gets_smaller_and_comes_back_bit_by_bit(recoder: JpegRecoder, progressive: bool) -> None:
    content = camera(progressive=progressive, quality=90)
    with await recoder.shrink(behind(content)) as small:
        made = small.read()
        assert len(made) < 0.95 * len(content)
        with await recoder.restore(small.outputs[0], len(content)) as restored:
            assert restored.read() == content


async def test_a_photo_that_was_cut_off_comes_back_as_it_was_or_is_refused(recoder: JpegRecoder) -> None:
    content = encoded(photo(), "JPEG")[:-2000]
    try:
        small = await recoder.shrink(behind(content))
    except SandboxJobFailed:
        return
    with small, await recoder.restore(small.outputs[0], len(content)) as restored:
        assert restored.read() == content


async def test_what_is_no_jpeg_or_larger_than_told_is_refused(recoder: JpegRecoder) -> None:
    with pytest.raises(SandboxJobFailed):
        await recoder.shrink(behind(encoded(photo(), "PNG")))
    with pytest.raises(SandboxJobFailed):
        await recoder.restore(behind(b"no file"), 1000)
    content = encoded(photo(), "JPEG")
    with await recoder.shrink(behind(content)) as small, pytest.raises(SandboxJobFailed):
        await recoder.restore(small.outputs[0], len(content) - 1)
