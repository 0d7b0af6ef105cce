"""Uploads keep every byte that was acknowledged, and nothing else, alike on both databases."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from blake3 import blake3

from hubbub.kernel.clock import ManualClock
from hubbub.kernel.randomness import SeededRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters.upload_store import LEFTOVER_MS
from hubbub.media.config import MediaConfig
from hubbub.media.domain.tus import Append, Checksum, Create, parse_concat
from hubbub.media.domain.upload import Upload, UploadState
from hubbub.media.errors import (
    ChecksumMismatch,
    HeaderRefused,
    KeyRefused,
    KeyUnknown,
    OffsetConflict,
    UploadExpired,
    UploadLocked,
    UploadsTooMany,
    UploadTooLarge,
    UploadUnknown,
)
from hubbub.media.service.keys import MediaKeys
from hubbub.media.service.uploads import Uploads
from hubbub.media.service.writing import LEASE_MS, BodyCut
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records

OWNER = "key/MEDa"
SEGMENT_BYTES = 100
CONFIG = MediaConfig(upload_bytes_max=10_000, upload_lifetime_s=3600, uploads_per_owner_max=5)
BYTES = bytes(range(256)) * 4


class Bench:
    """Uploads with segments small enough to count, and what they stand on."""

    def __init__(self, records: Records, objects: Objects) -> None:
        self.records = records
        self.objects = objects
        self.clock = ManualClock()
        self.ids = SnowflakeGenerator(self.clock)
        self.uploads = self.process()

    def process(self, node: str = "one") -> Uploads:
        """Return uploads as another process, or the same after a restart, sees them."""
        return Uploads(self.records, self.objects, self.clock, self.ids.next, CONFIG, node, segment_bytes=SEGMENT_BYTES)

    async def make(self, length: int | None, *, concat: str | None = None, owner: str = OWNER) -> Upload:
        return await self.uploads.create(owner, Create(length, "", parse_concat(concat), False, 0, None), body())

    async def append(self, upload: Upload, *chunks: bytes, at: int | None = None, **kinds: Any) -> Upload:
        offset = upload.offset_bytes if at is None else at
        request = Append(offset, kinds.get("length"), None, kinds.get("checksum"))
        return await self.uploads.append(OWNER, upload.id, request, body(*chunks, cut=kinds.get("cut", False)))

    async def part(self, content: bytes) -> Upload:
        return await self.append(await self.make(len(content), concat="partial"), content)

    async def join(self, *parts: Upload) -> Upload:
        return await self.make(None, concat="final;" + " ".join(f"/media/uploads/{part.id}" for part in parts))

    async def found(self, upload: Upload) -> Upload:
        return await self.uploads.find(OWNER, upload.id)

    async def content(self, upload: Upload) -> bytes:
        return b"".join([chunk async for chunk in self.uploads.bytes_of(upload)])

    async def stored(self) -> list[str]:
        return sorted([key async for key in self.objects.keys()])  # noqa: SIM118 - not a mapping

    async def later(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds / 1000)
        while await self.uploads.sweep():
            pass


async def body(*chunks: bytes, cut: bool = False) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if cut:
        raise BodyCut


def sha1(content: bytes) -> Checksum:
    return Checksum("sha1", hashlib.sha1(content, usedforsecurity=False).digest())


@pytest.fixture
async def bench(migrated_records: Records, migrated_objects: Objects) -> AsyncIterator[Bench]:
    yield Bench(migrated_records, migrated_objects)
    await migrated_records.close()


async def test_bytes_arrive_in_segments_and_are_hashed_as_they_come(bench: Bench) -> None:
    upload = await bench.make(len(BYTES))
    upload = await bench.append(upload, BYTES[:10], BYTES[10:333])
    assert (upload.offset_bytes, upload.segments, upload.state) == (333, 4, UploadState.OPEN)
    upload = await bench.append(upload, BYTES[333:])
    assert upload == await bench.found(upload)
    assert (upload.state, upload.blake3) == (UploadState.STORED, blake3(BYTES).digest())
    assert await bench.content(upload) == BYTES
    await bench.later(LEFTOVER_MS)
    assert await bench.content(upload) == BYTES


async def test_a_cut_body_keeps_what_came(bench: Bench) -> None:
    upload = await bench.make(len(BYTES))
    with pytest.raises(BodyCut):
        await bench.append(upload, BYTES[:257], cut=True)
    upload = await bench.found(upload)
    assert (upload.offset_bytes, upload.lease_until_ms) == (257, 0)
    upload = await bench.append(upload, BYTES[257:])
    assert await bench.content(upload) == BYTES
    assert upload.blake3 == blake3(BYTES).digest()


async def test_another_process_goes_on_and_the_bytes_are_hashed_at_the_end(bench: Bench) -> None:
    upload = await bench.append(await bench.make(len(BYTES)), BYTES[:500])
    bench.uploads = bench.process("two")
    upload = await bench.append(upload, BYTES[500:])
    assert (upload.state, upload.blake3) == (UploadState.COMPLETE, None)
    assert await bench.uploads.hash_whole() == 1
    assert await bench.uploads.hash_whole() == 0
    upload = await bench.found(upload)
    assert (upload.state, upload.blake3) == (UploadState.STORED, blake3(BYTES).digest())


async def test_a_second_writer_is_kept_out_and_a_wrong_offset_refused(bench: Bench) -> None:
    upload = await bench.make(len(BYTES))

    async def meddling() -> AsyncIterator[bytes]:
        yield BYTES[:150]
        for offset in (0, 100):
            with pytest.raises(UploadLocked):
                await bench.append(upload, b"other", at=offset)
        yield BYTES[150:200]

    upload = await bench.uploads.append(OWNER, upload.id, Append(0, None, None, None), meddling())
    assert upload.offset_bytes == 200
    for offset in (0, 199, 201):
        with pytest.raises(OffsetConflict):
            await bench.append(upload, b"other", at=offset)
    assert await bench.content(await bench.append(upload, BYTES[200:])) == BYTES


async def test_a_writer_that_was_silent_too_long_writes_over_nobody(bench: Bench) -> None:
    upload = await bench.make(len(BYTES))

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * 150
        bench.clock.advance(LEASE_MS / 1000)
        await bench.append(await bench.found(upload), BYTES[100:300])
        yield b"x" * 100

    with pytest.raises(UploadLocked):
        await bench.uploads.append(OWNER, upload.id, Append(0, None, None, None), slow())
    found = await bench.found(upload)
    assert (found.offset_bytes, found.lease_until_ms) == (300, 0)
    assert await bench.content(found) == b"x" * 100 + BYTES[100:300]
    found = await bench.append(found, BYTES[300:])
    assert found.blake3 is None
    await bench.later(LEFTOVER_MS)
    assert len(await bench.stored()) == found.segments
    assert await bench.content(found) == b"x" * 100 + BYTES[100:]


async def test_a_slow_client_keeps_its_hold(bench: Bench) -> None:
    upload = await bench.make(20)

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            bench.clock.advance(15)
            yield b"."

    assert (await bench.uploads.append(OWNER, upload.id, Append(0, None, None, None), drip())).is_whole


async def test_a_killed_process_holds_nothing_after_its_restart(bench: Bench) -> None:
    upload = await bench.make(len(BYTES))

    async def killed() -> AsyncIterator[bytes]:
        yield BYTES[:250]
        await bench.process("another").start()
        with pytest.raises(UploadLocked):
            await bench.append(await bench.found(upload), BYTES[200:])
        bench.uploads = bench.process()
        await bench.uploads.start()
        resumed = await bench.append(await bench.found(upload), BYTES[200:])
        assert resumed.is_whole
        yield b"too late" * 50

    with pytest.raises(UploadLocked):
        await bench.uploads.append(OWNER, upload.id, Append(0, None, None, None), killed())
    assert await bench.content(upload) == BYTES


async def test_a_wrong_checksum_keeps_nothing(bench: Bench) -> None:
    upload = await bench.append(await bench.make(len(BYTES)), BYTES[:100], checksum=sha1(BYTES[:100]))
    objects = await bench.stored()
    with pytest.raises(ChecksumMismatch):
        await bench.append(upload, b"x" * 350, checksum=sha1(b"y" * 350))
    with pytest.raises(BodyCut):
        await bench.append(upload, BYTES[100:420], cut=True, checksum=sha1(BYTES[100:]))
    found = await bench.found(upload)
    assert (found.offset_bytes, found.lease_until_ms) == (100, 0)
    assert await bench.stored() == objects
    whole = Checksum("blake3", blake3(BYTES[100:]).digest())
    upload = await bench.append(upload, BYTES[100:], checksum=whole)
    assert await bench.content(upload) == BYTES
    await bench.uploads.hash_whole()
    assert (await bench.found(upload)).blake3 == blake3(BYTES).digest()


async def test_more_bytes_than_were_told_are_refused(bench: Bench) -> None:
    upload = await bench.make(250)
    with pytest.raises(UploadTooLarge):
        await bench.append(upload, b"x" * 150, b"x" * 101)
    found = await bench.found(upload)
    assert (found.offset_bytes, found.lease_until_ms) == (100, 0)
    assert (await bench.append(found, b"x" * 150)).is_whole
    with pytest.raises(UploadTooLarge):
        await bench.append(await bench.make(None), *[b"x" * 1000] * 11)


async def test_a_deferred_length_ends_the_upload_once_it_is_told(bench: Bench) -> None:
    upload = await bench.append(await bench.make(None), BYTES[:600])
    assert upload.state == UploadState.OPEN
    upload = await bench.append(upload, BYTES[600:], length=len(BYTES))
    assert (upload.state, upload.length_bytes) == (UploadState.STORED, len(BYTES))
    told_last = await bench.append(await bench.make(None), BYTES)
    assert (await bench.append(told_last, length=len(BYTES))).state == UploadState.STORED


async def test_a_file_of_no_bytes_is_stored_at_once(bench: Bench) -> None:
    upload = await bench.make(0)
    assert upload == await bench.found(upload)
    assert (upload.state, upload.blake3) == (UploadState.STORED, blake3().digest())
    assert await bench.content(upload) == b""


async def test_bytes_may_come_with_the_creation(bench: Bench) -> None:
    request = Create(len(BYTES), "", parse_concat(None), True, None, sha1(BYTES))
    upload = await bench.uploads.create(OWNER, request, body(BYTES))
    assert (upload.state, await bench.content(upload)) == (UploadState.STORED, BYTES)


async def test_parts_are_joined_without_a_copy_and_may_go_before_or_after(bench: Bench) -> None:
    first, second = await bench.part(BYTES[:350]), await bench.part(BYTES[350:])
    objects = await bench.stored()
    final = await bench.join(second, first, second)
    assert await bench.stored() == objects
    expected = BYTES[350:] + BYTES[:350] + BYTES[350:]
    assert (final.state, final.offset_bytes) == (UploadState.COMPLETE, len(expected))
    assert await bench.content(final) == expected
    await bench.uploads.hash_whole()
    assert (await bench.found(final)).blake3 == blake3(expected).digest()
    await bench.uploads.terminate(OWNER, first.id)
    await bench.later(0)
    assert await bench.content(final) == expected
    again = await bench.join(second)
    await bench.uploads.terminate(OWNER, final.id)
    await bench.later(0)
    assert len(await bench.stored()) == second.segments
    assert await bench.content(again) == BYTES[350:]
    await bench.uploads.terminate(OWNER, again.id)
    await bench.later(CONFIG.upload_lifetime_s * 1000)
    assert await bench.stored() == []


async def test_only_whole_parts_of_ones_own_are_joined(bench: Bench) -> None:
    whole, missing = await bench.part(b"whole"), await bench.make(5, concat="partial")
    other = await bench.make(0, concat="partial", owner="key/MEDother")
    for parts in ([whole, missing], [whole, other], [await bench.make(0)]):
        with pytest.raises(HeaderRefused, match="Upload-Concat"):
            await bench.join(*parts)
    bench.clock.advance(CONFIG.upload_lifetime_s)
    with pytest.raises(HeaderRefused, match="Upload-Concat"):
        await bench.join(whole)


async def test_an_abandoned_upload_is_gone_with_its_bytes_once_it_expired(bench: Bench) -> None:
    abandoned = await bench.append(await bench.make(len(BYTES)), BYTES[:-10])
    kept = await bench.append(await bench.make(len(BYTES)), BYTES)
    await bench.later(CONFIG.upload_lifetime_s * 1000 - 1)
    assert (await bench.found(abandoned)).offset_bytes == len(BYTES) - 10
    bench.clock.advance(0.001)
    with pytest.raises(UploadExpired):
        await bench.append(abandoned, BYTES[-10:])
    await bench.later(0)
    with pytest.raises(UploadUnknown):
        await bench.found(abandoned)
    assert len(await bench.stored()) == kept.segments
    assert await bench.content(kept) == BYTES


async def test_what_a_killed_writer_stored_without_telling_is_removed(bench: Bench) -> None:
    class Killed(BaseException):
        pass

    upload = await bench.make(len(BYTES))

    async def killed() -> AsyncIterator[bytes]:
        yield BYTES[:350]
        raise Killed

    with pytest.raises(Killed):
        await bench.uploads.append(OWNER, upload.id, Append(0, None, None, sha1(BYTES)), killed())
    assert len(await bench.stored()) == 3
    await bench.later(LEFTOVER_MS)
    assert await bench.stored() == []


async def test_an_ended_upload_is_gone_even_under_its_writer(bench: Bench) -> None:
    upload = await bench.make(len(BYTES))

    async def ended() -> AsyncIterator[bytes]:
        yield BYTES[:150]
        await bench.uploads.terminate(OWNER, upload.id)
        yield BYTES[150:]

    with pytest.raises(UploadUnknown):
        await bench.uploads.append(OWNER, upload.id, Append(0, None, None, None), ended())
    await bench.later(LEFTOVER_MS)
    assert await bench.stored() == []
    with pytest.raises(UploadUnknown):
        await bench.uploads.terminate(OWNER, upload.id)


async def test_nobody_sees_anothers_upload(bench: Bench) -> None:
    upload = await bench.make(5)
    with pytest.raises(UploadUnknown):
        await bench.uploads.find("key/MEDother", upload.id)
    with pytest.raises(UploadUnknown):
        await bench.uploads.terminate("key/MEDother", upload.id)


async def test_an_owner_has_so_many_unfinished_uploads(bench: Bench) -> None:
    made = [await bench.make(5) for _ in range(CONFIG.uploads_per_owner_max)]
    with pytest.raises(UploadsTooMany):
        await bench.make(5)
    await bench.append(made[0], b"12345")
    await bench.make(5)
    await bench.make(5, owner="key/MEDother")


async def test_a_media_key_opens_until_it_is_revoked_and_is_kept_as_a_hash(bench: Bench) -> None:
    keys = MediaKeys(bench.records, bench.clock, SeededRandom(1))
    made, other = await keys.create("camera"), await keys.create("")
    assert (await keys.admit(f"bearer {made.bearer}")).owner == f"key/{made.key.key}"
    assert [key.name for key in await keys.listed()] == ["camera", ""]
    assert made.secret not in repr(made)
    assert base64.urlsafe_b64decode(made.secret + "=") not in made.key.secret_hash
    for shown in ("", "Basic abc", "Bearer ", f"Bearer {made.key.key}", f"Bearer {made.key.key}.{other.secret}"):
        with pytest.raises(KeyRefused):
            await keys.admit(shown)
    await keys.revoke(made.key.key)
    with pytest.raises(KeyRefused):
        await keys.admit(f"Bearer {made.bearer}")
    with pytest.raises(KeyUnknown):
        await keys.revoke(made.key.key)
