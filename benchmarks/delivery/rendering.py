"""Renditions that nobody asked for before, beside servers that decode the original for each.

Each side has one core. Formats are compared at equal likeness, not at equal numbers: a peer gets the lowest quality, in
steps of five, at which its pictures are as like the original (SSIM) as ours.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rtc.row import Row, row

from delivery.client import Answered, each_once, get
from delivery.extent import SERVER_CORE, Extent, made
from delivery.pictures import SMALL, as_jpeg, photos, shrunk, ssim
from delivery.servers import Server, hubbub, imgproxy, thumbor
from delivery.uploading import Uploader

SIDE = 512
FORMATS = ("jpeg", "webp", "avif")
CONNECTIONS = 4
_GOALS = {("jpeg", SMALL): "≥ 1.5", ("webp", SMALL): "≥ 1.5", ("avif", SMALL): "≥ 2.5"}
_LARGE_GOAL = "≥ 4"
_LIKENESS_GOALS = {"avif": "≤ 0.55", "webp": "≤ 0.85"}
_LIKENED = 3
"""Photos of each size by which likeness is judged; nothing else is asked of them."""
_QUALITY = 80


class Side(NamedTuple):
    """One server with the pictures that it can render."""

    name: str
    server: Server
    names: list[str]
    """Its names of the pictures, in one order on all sides; the first are those that likeness is judged by."""
    target: Callable[[str, str, int], str]
    """Makes a request's target of such a name, a format and a quality."""

    async def asked(self, part: slice, format_: str, quality: int) -> tuple[list[float], list[Answered]]:
        """Ask for a part of the pictures, a few at a time; return seconds and answers."""
        wanted = [get(self.target(name, format_, quality)) for name in self.names[part]]
        return await each_once(self.server.port, wanted, CONNECTIONS)


async def rendering(folder: Path, size: tuple[int, int], label: str, extent: Extent) -> list[Row]:
    """Measure photos of one size; return the rows."""
    paths = photos(made(folder, "photos"), _LIKENED + extent.photos * extent.runs, size)
    originals = [shrunk(path.read_bytes(), SIDE) for path in paths[:_LIKENED]]
    async with _sides(folder, paths) as (ours, peers):
        rows: list[Row] = []
        for format_ in FORMATS:
            goal = _GOALS.get((format_, size), _LARGE_GOAL)
            likeness, answers = await _likeness(ours, format_, _QUALITY, originals)
            if size == SMALL and format_ in _LIKENESS_GOALS:
                rows.append(_bytes_beside_jpeg(format_, originals, answers))
            qualities = [await _alike(peer, format_, originals, likeness) for peer in peers]
            rows += await _cold(ours, peers, qualities, format_, f"{label} to {SIDE} px", extent, goal)
        rows += await _first(ours, peers, paths[0], label, extent)
    return rows


async def _cold(
    ours: Side, peers: Sequence[Side], qualities: Sequence[int], format_: str, label: str, extent: Extent, goal: str
) -> list[Row]:
    sides = [(ours, _QUALITY), *zip(peers, qualities, strict=True)]
    rates: list[list[float]] = [[] for _ in sides]
    tails: list[list[float]] = [[] for _ in sides]
    weights: list[list[float]] = [[] for _ in sides]
    for turn in range(extent.runs):
        begin = _LIKENED + turn * extent.photos
        for number, (side, quality) in enumerate(sides):
            before = side.server.cpu_s()
            seconds, answers = await side.asked(slice(begin, begin + extent.photos), format_, quality)
            rates[number].append(len(answers) / (side.server.cpu_s() - before))
            tails[number].append(max(seconds) / statistics.median(seconds))
            weights[number].append(statistics.mean(len(each.body) for each in answers) / 1024)
    what = f"cold {format_.upper()}, {label}"
    return [
        each
        for number, (peer, quality) in enumerate(sides[1:], 1)
        for name in [f"{peer.name}, q{quality}"]
        for each in [
            row(f"{what} (goal of the ratio {goal})", "images per CPU second", rates[0], rates[number], goal=goal,
                peer_name=name),
            row(f"{what}: slowest of {extent.photos} over the median", "times", tails[0], tails[number], goal="≤ 2",
                peer_name=name),
            row(f"{what}: bytes", "KiB each", weights[0], weights[number], peer_name=name),
        ]
    ]  # fmt: skip


async def _likeness(side: Side, format_: str, quality: int, originals: Sequence[bytes]) -> tuple[float, list[Answered]]:
    """Return the mean likeness of a side's pictures to the originals, and the pictures."""
    _, answers = await side.asked(slice(0, len(originals)), format_, quality)
    found = [ssim(original, answer.body) for original, answer in zip(originals, answers, strict=True)]
    return statistics.mean(found), answers


async def _alike(peer: Side, format_: str, originals: Sequence[bytes], likeness: float) -> int:
    """Return the lowest quality, in steps of five, at which a peer's pictures are as like the originals as ours."""
    for quality in range(40, 100, 5):
        found, _ = await _likeness(peer, format_, quality, originals)
        if found >= likeness:
            return quality
    return 95


def _bytes_beside_jpeg(format_: str, originals: Sequence[bytes], answers: Sequence[Answered]) -> Row:
    """Return the row of our bytes beside those of the smallest progressive JPEG that is as like the original."""
    mine, theirs = [], []
    for original, answer in zip(originals, answers, strict=True):
        likeness = ssim(original, answer.body)
        jpegs = (as_jpeg(original, quality) for quality in range(30, 101))
        theirs.append(len(next((each for each in jpegs if ssim(original, each) >= likeness), original)) / 1024)
        mine.append(len(answer.body) / 1024)
    goal = _LIKENESS_GOALS[format_]
    return row(f"bytes of {format_.upper()} at equal likeness, {SIDE} px (goal of the ratio {goal})", "KiB each",
               mine, theirs, goal=goal, peer_name="progressive JPEG of libvips")  # fmt: skip


async def _first(ours: Side, peers: Sequence[Side], path: Path, label: str, extent: Extent) -> list[Row]:
    """Measure from the first byte of an upload to the first picture of it, and the peers' one cold request."""
    content = path.read_bytes()  # noqa: ASYNC240 - nothing else runs here
    uploader = Uploader(ours.server)
    mine: list[float] = []
    theirs: list[list[float]] = [[] for _ in peers]
    for turn in range(extent.runs * 3):
        begin = time.perf_counter()
        # One byte behind the picture's end makes it another file.
        target = await uploader.delivered(content + bytes([turn]))
        await each_once(ours.server.port, [get(ours.target(target, "jpeg", _QUALITY))], 1)
        mine.append((time.perf_counter() - begin) * 1000)
        for number, peer in enumerate(peers):
            seconds, _ = await peer.asked(slice(0, 1), "jpeg", _QUALITY)
            theirs[number].append(seconds[0] * 1000)
    what = f"from the upload's first byte to its first JPEG, {label} (goal of the ratio ≤ 1.3)"
    return [
        row(what, "ms", mine, theirs[number], goal="≤ 1.3", peer_name=f"{peer.name}, one cold request")
        for number, peer in enumerate(peers)
    ]


@contextlib.asynccontextmanager
async def _sides(folder: Path, paths: Sequence[Path]) -> AsyncIterator[tuple[Side, list[Side]]]:
    pictures = paths[0].parent
    names = [path.name for path in paths]
    async with (
        hubbub(made(folder, "ours"), SERVER_CORE) as ours,
        thumbor(made(folder, "thumbor"), SERVER_CORE, pictures) as first,
        imgproxy(made(folder, "imgproxy"), SERVER_CORE, pictures) as second,
    ):
        uploader = Uploader(ours)
        targets = [await uploader.delivered(path.read_bytes()) for path in paths]
        peers = [Side("thumbor", first, names, _of_thumbor)]
        if second is not None:
            peers.append(Side("imgproxy", second, names, _of_imgproxy))
        yield Side("Hubbub", ours, targets, of_hubbub), peers


def of_hubbub(target: str, format_: str, quality: int) -> str:
    """Return the target of a rendition in the usual size."""
    return f"{target}&width={SIDE}&height={SIDE}&format={format_}&quality={quality}"


def _of_thumbor(name: str, format_: str, quality: int) -> str:
    return f"/unsafe/fit-in/{SIDE}x{SIDE}/filters:format({format_}):quality({quality})/{name}"


def _of_imgproxy(name: str, format_: str, quality: int) -> str:
    kind = "jpg" if format_ == "jpeg" else format_
    return f"/insecure/rs:fit:{SIDE}:{SIDE}/q:{quality}/plain/local:///{name}@{kind}"
