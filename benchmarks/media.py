"""Uploads, rendering and delivery beside thumbor, nginx, and where they are among the peers imgproxy and tusd.

Each server has one core, the load another; films alone have all. Pictures are made here: noise with the spectrum of
photos and with edges. Cold means that nobody asked for this rendition before: ours renders it from a mezzanine that the
upload made, and keeps it; thumbor and imgproxy decode the original. Images and requests are counted for each second of
processor time that the server and its children took, so that neither the load nor waiting is counted. Sides are
measured by turns.
"""

from __future__ import annotations

import os
import struct
import tempfile
import time
from pathlib import Path

from delivery.client import each_once, for_seconds, get
from delivery.extent import FULL, LOAD_CORE, QUICK, SERVER_CORE, Extent, made
from delivery.films import films, moving
from delivery.pictures import LARGE, SMALL, photo, photos
from delivery.rendering import CONNECTIONS, SIDE, of_hubbub, rendering
from delivery.servers import PEERS, hubbub, nginx, tusd
from delivery.uploading import Uploader
from rtc.row import Row, missing, row

SAME_AT_ONCE = 1000
MIB = 1 << 20


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
            rows += await rendering(made(folder, label), size, label, extent)
        rows += await _hot(made(folder, "hot"), extent)
        rows += await _uploads(made(folder, "uploads"), extent)
        rows += await moving(made(folder, "moving"))
        rows += await films(made(folder, "films"), extent)
    rows += _recompressed()
    rows.append(_bomb())
    return rows


# -- what was rendered before ------------------------------------------------------------------------------------------


async def _hot(folder: Path, extent: Extent) -> list[Row]:
    path = photos(made(folder, "photos"), 1, SMALL)[0]
    files = made(folder, "files")
    async with hubbub(made(folder, "ours"), SERVER_CORE) as ours:
        target = of_hubbub(await Uploader(ours).delivered(path.read_bytes()), "jpeg", 80)
        _, answers = await each_once(ours.port, [get(target)], 1)
        (files / "picture.jpg").write_bytes(answers[0].body)
        mine: list[float] = []
        theirs: list[float] = []
        async with nginx(made(folder, "nginx"), SERVER_CORE, files) as peer:
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
    async with hubbub(made(folder, "ours"), SERVER_CORE) as ours, tusd(folder, SERVER_CORE) as peer:
        for _ in range(extent.runs):
            mine.append(await _cost(Uploader(ours), content))
            if peer is not None:
                theirs.append(await _cost(Uploader(peer, "/files/"), content))
    return [row(what, "CPU seconds per GB", mine, theirs or None, goal="≤ 1.5", peer_name="tusd")]


async def _cost(uploader: Uploader, content: bytes) -> float:
    before = uploader.server.cpu_s()
    await uploader.upload(content, "noise.bin")
    return (uploader.server.cpu_s() - before) * 1e9 / len(content)


# -- what nobody asks for ----------------------------------------------------------------------------------------------


def _recompressed() -> list[Row]:
    """Measure what a cold photo takes of its bytes, and how fast that is done and undone, on one core."""
    from hubbub import native

    original = photo(1, SMALL)
    begin = time.process_time()
    small = native.shrink_jpeg(original)
    made_s = time.process_time() - begin
    begin = time.process_time()
    restored = native.restore_jpeg(small, len(original))
    restored_s = time.process_time() - begin
    if restored != original:
        return [missing("a cold photo's bytes", "what was restored is another file")]
    size = len(original) / 1e6
    return [
        row("a cold photo", "KiB", [len(small) / 1024], [len(original) / 1024], peer_name="as it came"),
        row("recompressing it", "MB per CPU second", [size / made_s], None, peer_name=""),
        row("restoring it", "MB per CPU second", [size / restored_s], None, peer_name=""),
    ]


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
