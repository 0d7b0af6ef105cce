"""A moving picture becomes MP4 and moving AVIF in the real sandbox: as long as it was, and much smaller."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image, ImageChops

from doubles import pictures
from doubles.clips import facts, frames
from hubbub.media.adapters.ffmpeg import Ffmpeg, programs
from hubbub.media.adapters.picture_films import FILM_JOBS, PictureFilms
from hubbub.media.adapters.picture_inspector import PictureInspector
from hubbub.media.adapters.picture_renderer import RENDER_JOBS
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Asked, Output, Source, resolve
from hubbub.media.errors import DamagedMedia

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.skipif(programs() is None, reason="there is no ffmpeg for this machine"),
]


class Studio(NamedTuple):
    sandbox: Sandbox
    films: PictureFilms
    scratch: Path

    async def film(self, content: bytes, output: Output, width: int | None = None) -> Rendered:
        """Return a film of an uploaded animation."""
        descriptor = os.memfd_create("picture")
        os.write(descriptor, content)
        found = await PictureInspector(self.sandbox).inspect(descriptor)
        os.close(descriptor)
        with found.result:
            best = found.note.mezzanines[0]
            source = Source(best.width, best.height, found.note.alpha, animated=True)
            moving = found.result.read(len(found.note.mezzanines) - 1)
            return await self.films.render_bytes(moving, resolve(Asked(width, format=output), source, ()))


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    sandbox = Sandbox([RENDER_JOBS, FILM_JOBS], children_max=2)
    await sandbox.start()
    ffmpeg = Ffmpeg(sandbox, tmp_path / "scratch", programs())
    ffmpeg.clear()
    yield Studio(sandbox, PictureFilms(sandbox, ffmpeg), tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []
    await sandbox.stop()


def dithered(count: int = 16) -> bytes:
    """Return a GIF as people make them of films: a view that wanders, with grain, dithered to 256 colours."""
    view = pictures.photo(420, 300)
    shown = []
    for index in range(count):
        grain = Image.effect_noise((320, 240), 4)
        frame = view.crop((5 * index, 2 * index, 320 + 5 * index, 240 + 2 * index))
        frame = ImageChops.add(frame, Image.merge("RGB", (grain, grain, grain)), scale=1.0, offset=-128)
        shown.append(frame.quantize(256, dither=Image.Dither.FLOYDSTEINBERG))
    out = io.BytesIO()
    shown[0].save(out, "GIF", save_all=True, append_images=shown[1:], duration=80, loop=0)
    return out.getvalue()


async def test_a_gif_becomes_an_mp4_that_every_browser_plays_of_a_twelfth_of_its_bytes(studio: Studio) -> None:
    gif = dithered()
    made = await studio.film(gif, Output.MP4)
    told = facts(made.content)
    (stream,) = told["streams"]
    assert (stream["codec_name"], stream["pix_fmt"], stream["color_space"]) == ("h264", "yuv420p", "bt709")
    assert (stream["width"], stream["height"]) == (made.width, made.height) == (320, 240)
    assert made.content.index(b"moov") < made.content.index(b"mdat")
    assert float(told["format"]["duration"]) == pytest.approx(16 * 0.08, abs=0.02)
    assert len(made.content) <= 0.08 * len(gif)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
async def test_each_frame_is_shown_for_as_long_as_it_was(studio: Studio, format_: str) -> None:
    first, *rest = pictures.frames(4, 63, 47)
    content = pictures.encoded(first, format_, save_all=True, append_images=rest, duration=[100, 50, 300, 2000], loop=0)
    made = await studio.film(content, Output.MP4)
    assert (made.width, made.height) == (62, 46)
    assert frames(made.content) == 4
    assert float(facts(made.content)["format"]["duration"]) == pytest.approx(2.45, abs=0.02)


async def test_an_opaque_animation_becomes_a_moving_avif(studio: Studio) -> None:
    gif = dithered(6)
    made = await studio.film(gif, Output.AVIF, width=160)
    assert made.content[4:12] == b"ftypavis"
    with Image.open(io.BytesIO(made.content)) as shown:
        assert (shown.size, getattr(shown, "n_frames", 1)) == ((160, 120), 6)
    assert len(made.content) < 0.08 * len(gif)


async def test_transparent_pixels_are_white(studio: Studio) -> None:
    clear = [Image.new("RGBA", (32, 32), (0, 0, 0, 0)), pictures.glass(32, 32)]
    content = pictures.encoded(clear[0], "WEBP", save_all=True, append_images=clear[1:], duration=100)
    assert frames((await studio.film(content, Output.MP4)).content) == 2


async def test_what_is_no_mezzanine_of_ours_is_told_as_damaged(studio: Studio) -> None:
    source = Source(64, 48, alpha=False, animated=True)
    with pytest.raises(DamagedMedia):
        await studio.films.render_bytes(b"RIFF\0\0\0\0WEBPVP8X", resolve(Asked(format=Output.MP4), source, ()))
