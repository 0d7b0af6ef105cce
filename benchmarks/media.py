"""Uploads, rendering and delivery beside thumbor, nginx and tusd.

Each server has one core, the load another. Pictures are made here: noise with the spectrum of photos and with edges.
Cold means that nobody asked for this rendition before: ours renders it from a mezzanine that the upload made, and keeps
it; thumbor decodes the original. Images and requests are counted for each second of processor time that the server and
its children took, so that neither the load nor waiting is counted. Sides are measured by turns.

Formats are compared at equal likeness, not at equal numbers: thumbor gets the lowest quality, in steps of five, at
which its pictures are as like the original (SSIM) as ours.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

from delivery.client import each_once, for_seconds, get
from delivery.pictures import LARGE, SMALL, photos, shrunk, ssim
from delivery.servers import PEERS, Server, hubbub, nginx, thumbor, tusd
from delivery.uploading import Uploader
from rtc.row import Row, missing, row

SERVER_CORE, LOAD_CORE = 0, 1
SIDE = 512
FORMATS = ("jpeg", "webp", "avif")
GOALS = {("jpeg", SMALL): "≥ 1.5", ("webp", SMALL): "≥ 1.5", ("avif", SMALL): "≥ 2.5"}
LARGE_GOAL = "≥ 4"
CONNECTIONS = 4
SAME_AT_ONCE = 1000
MIB = 1 << 20


class Extent(NamedTuple):
    """How much is measured."""

    runs: int
    photos: int
    """Of each size."""
    hot_s: float
    upload_mib: int


QUICK = Extent(runs=1, photos=4, hot_s=1.0, upload_mib=64)
FULL = Extent(runs=3, photos=24, hot_s=4.0, upload_mib=512)


class Side(NamedTuple):
    """One server with the pictures that it can render."""

    server: Server
    targets: list[str]
    """Where each picture is, in one order on both sides."""


async def run(*, quick: bool) -> list[Row]:
    """Measure everything; return the rows."""
    extent = QUICK if quick else FULL
    os.sched_setaffinity(0, {min(LOAD_CORE, (os.cpu_count() or 1) - 1)})
    if not (PEERS / "thumbor").is_file():
        raise RuntimeError("thumbor and nginx are not there: run scripts/setup peers")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size, label in ((SMALL, "3.1 MP"), (LARGE, "12 MP")):
            rows += await _rendering(_made(folder, label), size, label, extent)
        rows += await _hot(_made(folder, "hot"), extent)
        rows += await _uploads(_made(folder, "uploads"), extent)
    rows.append(_bomb())
    return rows


# -- rendering ---------------------------------------------------------------------------------------------------------


async def _rendering(folder: Path, size: tuple[int, int], label: str, extent: Extent) -> list[Row]:
    paths = photos(_made(folder, "photos"), extent.photos * extent.runs, size)
    async with _both(folder, paths) as (ours, peer):
        rows: list[Row] = []
        for format_ in FORMATS:
            rows += await _cold(ours, peer, format_, paths, label, extent, GOALS.get((format_, size), LARGE_GOAL))
        rows += await _first(ours, peer, paths[0], label, extent)
    return rows


async def _cold(
    ours: Side, peer: Side, format_: str, paths: Sequence[Path], label: str, extent: Extent, goal: str
) -> list[Row]:
    quality = await _alike(ours, peer, format_, paths[: min(3, extent.photos)])
    mine: list[float] = []
    theirs: list[float] = []
    tails: list[tuple[float, float]] = []
    weight = [0, 0]
    for turn in range(extent.runs):
        part = slice(turn * extent.photos, (turn + 1) * extent.photos)
        found = []
        for side, asked in (
            (ours, [_ours(target, format_) for target in ours.targets[part]]),
            (peer, [_theirs(target, format_, quality) for target in peer.targets[part]]),
        ):
            before = side.server.cpu_s()
            seconds, answers = await each_once(side.server.port, [get(each) for each in asked], CONNECTIONS)
            found.append(len(asked) / (side.server.cpu_s() - before))
            tails.append((max(seconds), statistics.median(seconds)))
            weight[side is peer] += sum(len(each.body) for each in answers)
        mine.append(found[0])
        theirs.append(found[1])
    slow, usual = ([tail[n] for tail in tails[0::2]] for n in (0, 1))
    their_slow, their_usual = ([tail[n] for tail in tails[1::2]] for n in (0, 1))
    name = f"thumbor, q{quality}"
    what = f"cold {format_.upper()}, {label} to {SIDE} px"
    return [
        row(f"{what} (goal of the ratio {goal})", "images per CPU second", mine, theirs, goal=goal, peer_name=name),
        row(f"{what}: slowest of {extent.photos} over the median", "times",
            [a / b for a, b in zip(slow, usual, strict=True)],
            [a / b for a, b in zip(their_slow, their_usual, strict=True)], goal="≤ 2", peer_name=name),
        row(f"{what}: bytes", "KiB each", [weight[0] / len(paths) / 1024], [weight[1] / len(paths) / 1024],
            peer_name=name),
    ]  # fmt: skip


async def _alike(ours: Side, peer: Side, format_: str, paths: Sequence[Path]) -> int:
    """Return the lowest quality, in steps of five, at which the peer's pictures are as like the originals as ours."""
    likeness = 0.0
    originals = []
    for number, path in enumerate(paths):
        _, answers = await each_once(ours.server.port, [get(_ours(ours.targets[number], format_, SIDE // 2))], 1)
        originals.append(shrunk(path.read_bytes(), SIDE // 2))
        likeness += ssim(originals[-1], answers[0].body)
    for quality in range(40, 100, 5):
        theirs = 0.0
        for number, original in enumerate(originals):
            target = _theirs(peer.targets[number], format_, quality, SIDE // 2)
            _, answers = await each_once(peer.server.port, [get(target)], 1)
            theirs += ssim(original, answers[0].body)
        if theirs >= likeness:
            return quality
    return 95


async def _first(ours: Side, peer: Side, path: Path, label: str, extent: Extent) -> list[Row]:
    """Measure from the first byte of an upload to the first picture of it, and the peer's one cold request."""
    content = path.read_bytes()  # noqa: ASYNC240 - nothing else runs here
    uploader = Uploader(ours.server)
    mine, theirs = [], []
    for turn in range(extent.runs * 3):
        begin = time.perf_counter()
        # One byte behind the picture's end makes it another file.
        target = await uploader.delivered(content + bytes([turn]))
        await each_once(ours.server.port, [get(_ours(target, "jpeg"))], 1)
        mine.append((time.perf_counter() - begin) * 1000)
        seconds, _ = await each_once(peer.server.port, [get(_theirs(peer.targets[0], "jpeg", 80))], 1)
        theirs.append(seconds[0] * 1000)
    what = f"from the upload's first byte to its first JPEG, {label} (goal of the ratio ≤ 1.3)"
    return [row(what, "ms", mine, theirs, goal="≤ 1.3", peer_name="thumbor, one cold request")]


def _ours(target: str, format_: str, side: int = SIDE) -> str:
    return f"{target}&width={side}&height={side}&format={format_}"


def _theirs(name: str, format_: str, quality: int, side: int = SIDE) -> str:
    return f"/unsafe/fit-in/{side}x{side}/filters:format({format_}):quality({quality})/{name}"


@contextlib.asynccontextmanager
async def _both(folder: Path, paths: Sequence[Path]) -> AsyncIterator[tuple[Side, Side]]:
    async with (
        hubbub(_made(folder, "ours"), SERVER_CORE) as ours,
        thumbor(_made(folder, "thumbor"), SERVER_CORE, paths[0].parent) as peer,
    ):
        uploader = Uploader(ours)
        targets = [await uploader.delivered(path.read_bytes()) for path in paths]
        yield Side(ours, targets), Side(peer, [path.name for path in paths])


# -- what was rendered before ------------------------------------------------------------------------------------------


async def _hot(folder: Path, extent: Extent) -> list[Row]:
    path = photos(_made(folder, "photos"), 1, SMALL)[0]
    files = _made(folder, "files")
    async with hubbub(_made(folder, "ours"), SERVER_CORE) as ours:
        target = _ours(await Uploader(ours).delivered(path.read_bytes()), "jpeg")
        _, answers = await each_once(ours.port, [get(target)], 1)
        (files / "picture.jpg").write_bytes(answers[0].body)
        mine: list[float] = []
        theirs: list[float] = []
        async with nginx(_made(folder, "nginx"), SERVER_CORE, files) as peer:
            for _ in range(extent.runs):
                for server, request, rates in ((ours, get(target), mine), (peer, get("/picture.jpg"), theirs)):
                    before = server.cpu_s()
                    count = await for_seconds(server.port, request, CONNECTIONS, extent.hot_s)
                    rates.append(count / (server.cpu_s() - before))
        before = ours.cpu_s()
        again = target.replace(f"width={SIDE}", "width=384")
        seconds, _ = await each_once(ours.port, [get(again)] * SAME_AT_ONCE, SAME_AT_ONCE)
        once = ours.cpu_s() - before
    name = f"nginx, a file of {len(answers[0].body) / 1024:.0f} KiB"
    return [
        row("a picture that was rendered before (goal of the ratio ≥ 0.5)", "requests per CPU second", mine, theirs,
            goal="≥ 0.5", peer_name=name),
        row(f"{SAME_AT_ONCE} requests at once for one rendition that is not there: processor time of all", "ms",
            [once * 1000], None, peer_name=""),
        row("the same, until the last was answered", "ms", [max(seconds) * 1000], None, peer_name=""),
    ]  # fmt: skip


# -- uploads -----------------------------------------------------------------------------------------------------------


async def _uploads(folder: Path, extent: Extent) -> list[Row]:
    content = os.urandom(extent.upload_mib * MIB)
    what = "tus, stored durably and hashed (the peer neither syncs nor hashes)"
    mine: list[float] = []
    theirs: list[float] = []
    async with hubbub(_made(folder, "ours"), SERVER_CORE) as ours, tusd(folder, SERVER_CORE) as peer:
        for _ in range(extent.runs):
            mine.append(await _cost(Uploader(ours), content))
            if peer is not None:
                theirs.append(await _cost(Uploader(peer, "/files/"), content))
    return [row(what, "CPU seconds per GB", mine, theirs or None, goal="≤ 1.5", peer_name="tusd")]


async def _cost(uploader: Uploader, content: bytes) -> float:
    before = uploader.server.cpu_s()
    await uploader.upload(content, "noise.bin")
    return (uploader.server.cpu_s() - before) * 1e9 / len(content)


# -- bombs -------------------------------------------------------------------------------------------------------------


def _bomb() -> Row:
    from hubbub.media.domain.budget import Budget
    from hubbub.media.domain.headers import read_header
    from hubbub.media.errors import MediaError

    head = b"\x89PNG\r\n\x1a\n" + struct.pack("!I4sIIBBBBB", 13, b"IHDR", 30_000, 30_000, 8, 6, 0, 0, 0) + bytes(4)
    begin = time.perf_counter()
    try:
        Budget().check(read_header(memoryview(head + bytes(1024))))
    except MediaError:
        elapsed = (time.perf_counter() - begin) * 1000
        return row("a picture that says it has 30,000 by 30,000 pixels, refused", "ms", [elapsed], None,
                   goal="< 5", peer_name="")  # fmt: skip
    return missing("a picture that says it has 30,000 by 30,000 pixels", "it was not refused")


def _made(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    return path
