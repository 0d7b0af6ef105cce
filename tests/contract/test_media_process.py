"""What a sandboxed child tells is believed only where it can be, and a picture is ready with all that it needs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import pytest

from doubles.pictures import encoded, photo, png_header
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import JobStore, LeaseLost
from hubbub.media.adapters.picture_inspector import InspectedPicture, MezzanineNote, PictureInspector, PictureNote
from hubbub.media.adapters.sandbox.message import Ended
from hubbub.media.adapters.sandbox.sandbox import Result
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import Policy
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.tus import Create, parse_concat
from hubbub.media.errors import PictureTooHeavy, SandboxCrashed, SandboxUnavailable, TooManyPixels
from hubbub.media.service import process
from hubbub.media.service.process import Processing, ProcessPorts
from hubbub.media.service.uploads import Uploads
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records

ENDED = Ended(number=0, status=0, cpu_ms=1, peak_bytes=1)
HONEST = PictureNote(
    format="PNG",
    width=640,
    height=480,
    alpha=False,
    frames=1,
    duration_ms=0,
    thumbhash=b"\x01" * 25,
    mezzanines=(MezzanineNote("2048", "image/jpeg", 640, 480),),
)


class Child:
    """Stands for the sandbox: tells `note` of any picture."""

    def __init__(self, note: PictureNote) -> None:
        self.note = note
        self.asked = 0
        self.holds = True

    async def inspect(self, _picture: int, _limits: object = None) -> InspectedPicture:
        self.asked += 1
        output = os.memfd_create("output")
        os.write(output, b"pixels")
        return InspectedPicture(Format.HTML, self.note, Result(None, (output,), ENDED))


class Bench:
    """An installation whose sandbox tells what the test says."""

    def __init__(self, records: Records, objects: Objects) -> None:
        self.clock = ManualClock()
        self.objects = objects
        self.jobs = JobStore(records)
        self.assets = AssetStore(records)
        self.uploads = UploadStore(records, self.objects)
        ids = SnowflakeGenerator(self.clock)
        self.service = Uploads(records, self.objects, self.clock, ids.next, MediaConfig(), "one")

    async def process(self, content: bytes, child: Child) -> int:
        """Upload `content`, process it, and return its asset's id."""

        async def body() -> AsyncIterator[bytes]:
            yield content

        await self.service.create("key/MEDa", Create(len(content), "", parse_concat(None), True, 9, None), body())
        (job,) = await self.jobs.take("one", 1, self.clock.unix_ms(), Policy())
        ports = ProcessPorts(
            self.assets, self.uploads, cast("PictureInspector", child), lambda: child.holds, self.clock
        )

        async def report(_progress: int) -> None:
            return

        ops = await Processing(ports)(job, report)
        await self.jobs.keep(job, jobs.done(job), ops)
        return job.asset_id


@pytest.fixture
async def bench(migrated_records: Records, migrated_objects: Objects) -> AsyncIterator[Bench]:
    yield Bench(migrated_records, migrated_objects)
    await migrated_records.close()


async def test_a_picture_is_ready_with_its_mezzanines_accounted_for(bench: Bench) -> None:
    asset_id = await bench.process(encoded(photo(), "PNG"), Child(HONEST))
    asset = await bench.assets.get(asset_id)
    assert asset is not None
    assert (asset.state, asset.kind, asset.width, asset.height) == ("ready", "image", 640, 480)
    (derived,) = await bench.assets.derived(asset_id)
    assert (derived.name, derived.storage_class, derived.size_bytes) == ("2048", "mezzanine", 6)
    bench.clock.advance(7200)
    while await bench.service.sweep():
        pass
    assert await bench.objects.get(derived.object_key) == b"pixels"


async def test_the_format_is_the_one_that_was_sniffed_and_not_the_one_told(bench: Bench) -> None:
    asset = await bench.assets.get(await bench.process(encoded(photo(), "PNG"), Child(HONEST)))
    assert asset is not None
    assert (asset.format, asset.content_type) == ("PNG", "image/png")


@pytest.mark.parametrize(
    "lie",
    [
        {"width": 0},
        {"height": 2**40},
        {"frames": -1},
        {"duration_ms": 2**60},
        {"thumbhash": bytes(5000)},
        {"mezzanines": ()},
        {"mezzanines": (MezzanineNote("../../other", "image/jpeg", 1, 1),)},
        {"mezzanines": (MezzanineNote("2048", "text/html", 1, 1),)},
        {"mezzanines": HONEST.mezzanines * 2},
    ],
    ids=str,
)
async def test_a_child_that_was_taken_over_is_not_believed(bench: Bench, lie: dict[str, Any]) -> None:
    child = Child(msgspec.structs.replace(HONEST, **lie))
    with pytest.raises(SandboxCrashed):
        await bench.process(encoded(photo(64, 48), "PNG"), child)
    assert [key async for key in bench.objects.keys("media/mezzanine")] == []


async def test_a_bomb_is_refused_before_anything_decodes(bench: Bench) -> None:
    child = Child(HONEST)
    with pytest.raises(TooManyPixels):
        await bench.process(png_header(30_000, 30_000), child)
    assert child.asked == 0


async def test_nothing_is_decoded_while_no_sandbox_is_known_to_hold(bench: Bench) -> None:
    child = Child(HONEST)
    child.holds = False
    with pytest.raises(SandboxUnavailable):
        await bench.process(encoded(photo(), "PNG"), child)
    assert child.asked == 0


async def test_a_picture_of_too_many_bytes_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PICTURE_BYTES_MAX", 100)
    with pytest.raises(PictureTooHeavy):
        await bench.process(encoded(photo(), "PNG"), Child(HONEST))


async def test_a_job_without_an_asset_comes_to_nothing(bench: Bench) -> None:
    pictures = cast("PictureInspector", Child(HONEST))
    ports = ProcessPorts(bench.assets, bench.uploads, pictures, lambda: True, bench.clock)

    async def report(_progress: int) -> None:
        return

    with pytest.raises(LeaseLost):
        await Processing(ports)(jobs.queued(1, 2, jobs.JobKind.INSPECT, 0), report)
