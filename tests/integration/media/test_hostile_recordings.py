"""Video and sound made to harm whoever opens them: nothing of the server is reached, and each refusal has a name."""

from __future__ import annotations

import os
import random
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doubles.clips import clip, facts
from doubles.studio import Studio, studio_in
from hubbub.media.adapters.ffmpeg import Ffmpeg, Workplace, programs
from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain.kinds import Format
from hubbub.media.errors import DamagedMedia, MediaError, NotARecording, TooManyPixels

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.skipif(programs() is None, reason="there is no ffmpeg for this machine"),
]


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with studio_in(tmp_path) as made:
        yield made
        assert list(made.scratch.iterdir()) == []


@pytest.fixture
async def ffmpeg(tmp_path: Path) -> AsyncIterator[Ffmpeg]:
    sandbox = Sandbox([], children_max=2)
    await sandbox.start()
    made = Ffmpeg(sandbox, tmp_path / "scratch", programs())
    made.clear()
    yield made
    await sandbox.stop()


def playlist(secret: Path) -> bytes:
    return f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()


def avi(secret: Path) -> bytes:
    """Return an AVI whose subtitles are a playlist, which makes a careless program read `secret` and show it."""
    inner = b"GAB2\0\x02\0" + struct.pack("<I", 10) + b"p.m3u8\0\0\0\0" + struct.pack("<H", 4) + playlist(secret)
    chunk = b"00tx" + struct.pack("<I", len(inner)) + inner
    body = b"AVI LIST" + struct.pack("<I", 4 + len(chunk)) + b"movi" + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


def element(name: str, content: bytes) -> bytes:
    length = bytes([0x80 | len(content)]) if len(content) < 127 else (len(content) | 1 << 56).to_bytes(8)
    return bytes.fromhex(name) + length + content


def matroska(width: int, height: int) -> bytes:
    """Return a WebM without a frame, whose header says that frames are so large (RFC 9559)."""
    video = element("B0", width.to_bytes(8)) + element("BA", height.to_bytes(8))
    track = element("D7", b"\1") + element("73C5", b"\1") + element("83", b"\1") + element("86", b"V_VP9")
    head = element("1A45DFA3", element("4282", b"webm"))
    cluster = element("1F43B675", element("E7", b"\0") + element("A3", b"\x81\0\0\x80" + bytes(40)))
    return head + element("18538067", element("1654AE6B", element("AE", track + element("E0", video))) + cluster)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("the key of the house")
    return path


@pytest.mark.parametrize("lure", [playlist, avi])
async def test_what_names_other_files_is_kept_and_never_opened(studio: Studio, secret: Path, lure) -> None:
    asset = await studio.ready(lure(secret))
    assert (asset.state, asset.kind, asset.thumbhash) == ("ready", "file", None)
    assert await studio.delivered(asset.id) == lure(secret)
    assert await studio.assets.derived(asset.id) == []


@pytest.mark.parametrize("format_", [Format.TEXT, Format.AVI, Format.OTHER, Format.JPEG])
async def test_what_is_no_recording_is_refused_by_name(ffmpeg: Ffmpeg, format_: Format) -> None:
    with pytest.raises(NotARecording):
        async with ffmpeg.workplace("1-1", format_):
            pass


@pytest.mark.parametrize("lure", [playlist, avi])
@pytest.mark.parametrize("format_", [Format.MP4, Format.MATROSKA, Format.OGG])
async def test_a_list_that_passes_for_a_video_is_not_followed(
    ffmpeg: Ffmpeg, secret: Path, lure, format_: Format
) -> None:
    async with ffmpeg.workplace("1-1", format_) as place:
        os.write(place.source, lure(secret))
        try:
            found = await place.probe()
        except DamagedMedia:
            return
        assert (found.video, found.audio) == (None, None)


@pytest.mark.parametrize("reads", [["-f", "mov", "-i", "/etc/passwd"], ["-f", "concat", "-i", "fd:"]])
async def test_the_program_opens_no_file_but_its_own(ffmpeg: Ffmpeg, reads: list[str]) -> None:
    async with ffmpeg.workplace("1-1", Format.MP4) as place:
        with pytest.raises(DamagedMedia) as refused:
            await place.run(["-v", "error", "-nostdin", *reads, "-f", "null", "out"], Limits(memory_bytes=1 << 30))
        assert refused.value.__cause__ is not None


async def test_the_program_writes_nowhere_else(ffmpeg: Ffmpeg, tmp_path: Path) -> None:
    async with ffmpeg.workplace("1-1", Format.MP4) as place:
        os.write(place.source, clip("mp4"))
        said = ["-v", "error", "-nostdin", "-f", "mov", "-fd", "3", "-i", "fd:", "-c", "copy"]
        with pytest.raises(DamagedMedia):
            await place.run([*said, str(tmp_path / "out.mp4")], Limits(memory_bytes=1 << 30))
    assert not (tmp_path / "out.mp4").exists()


def planted(place: Workplace, folder: Path, what: str, secret: Path) -> None:
    output = folder / "playable.mp4"
    if what == "symbolic link":
        output.symlink_to(secret)
    elif what == "hard link":
        output.hardlink_to(secret)
    elif what == "folder":
        output.mkdir()
    elif what == "empty":
        output.touch()
    elif what == "pipe":
        os.mkfifo(output)


@pytest.mark.parametrize("what", ["symbolic link", "hard link", "folder", "empty", "pipe", "nothing"])
async def test_an_output_that_is_no_plain_file_is_not_read(
    ffmpeg: Ffmpeg, tmp_path: Path, secret: Path, what: str
) -> None:
    async with ffmpeg.workplace("1-1", Format.MP4) as place:
        planted(place, tmp_path / "scratch" / "1-1", what, secret)
        with pytest.raises(DamagedMedia):
            place.open("playable.mp4")


@pytest.mark.parametrize(("size", "refusal"), [((1_000_000, 1_000_000), DamagedMedia), ((20_000, 20), TooManyPixels)])
async def test_frames_that_nothing_could_hold_are_refused(studio: Studio, size, refusal) -> None:
    with pytest.raises(refusal):
        await studio.ready(matroska(*size))


async def test_a_video_without_a_frame_is_damaged(studio: Studio) -> None:
    with pytest.raises(DamagedMedia):
        await studio.ready(matroska(640, 480))


async def test_nothing_at_all_is_a_file(studio: Studio) -> None:
    assert (await studio.ready(b"")).kind == "file"


async def test_sound_that_says_it_never_ends_is_as_long_as_it_is(studio: Studio) -> None:
    made = bytearray(clip("wav", video=False, seconds=1))
    struct.pack_into("<I", made, 4, 0xFFFF_FFFF)
    at = made.index(b"data") + 4
    struct.pack_into("<I", made, at, 0xFFFF_FFFF)
    asset = await studio.ready(bytes(made))
    assert (asset.kind, asset.duration_ms) == ("audio", 1000)


async def test_a_video_that_says_it_is_long_is_as_long_as_it_is(studio: Studio) -> None:
    made = bytearray(clip("mp4", seconds=1))
    at = made.index(b"mvhd") + 4
    struct.pack_into(">I", made, at + 16, 1000 * 3600 * 20)
    asset = await studio.ready(bytes(made))
    assert (asset.state, asset.kind) == ("ready", "video")
    told = facts(await studio.delivered(asset.id))
    assert float(told["format"]["duration"]) <= 1.2


@pytest.mark.parametrize("seed", range(12))
async def test_a_video_that_is_broken_anywhere_plays_or_is_refused_by_name(studio: Studio, seed: int) -> None:
    dice = random.Random(seed)
    made = bytearray(clip(dice.choice(["mp4", "mkv", "mov"]), seconds=1))
    for _ in range(dice.choice([1, 5, 50])):
        made[dice.randrange(len(made))] = dice.randrange(256)
    if dice.random() < 0.3:
        del made[dice.randrange(len(made)) :]
    refusal: MediaError | None = None
    try:
        asset = await studio.ready(bytes(made))
        assert asset.state == "ready"
    except MediaError as problem:
        refusal = problem
    assert refusal is None or 400 <= refusal.status < 500
