"""Size, frames and orientation come from headers alone, whatever the bytes say, at bounded cost."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doubles import pictures
from hubbub.media.domain import header_cursor
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.headers import FRAMES_COUNTED_MAX, Header, read_header
from hubbub.media.domain.kinds import Format
from hubbub.media.errors import DamagedMedia, MediaError, NotAPicture, TooManyFrames, TooManyPixels

STILLS = [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("WEBP", {}), ("AVIF", {})]
STILLS += [("WEBP", {"lossless": True}), ("HEIF", {})]
MOVING = ["GIF", "PNG", "WEBP", "AVIF"]
CORPUS = [pictures.encoded(pictures.corners(), name, **options) for name, options in STILLS]
CORPUS += [pictures.moving(3, name) for name in MOVING]


@pytest.mark.parametrize(("name", "options"), STILLS)
@pytest.mark.parametrize("size", [(96, 64), (33, 127), (1, 1)])
def test_size_is_read_without_decoding(name: str, options: dict[str, object], size: tuple[int, int]) -> None:
    header = read_header(pictures.encoded(pictures.corners(*size), name, **options))
    assert (header.width, header.height, header.frames) == (*size, 1)


@pytest.mark.parametrize("name", MOVING)
def test_frames_are_counted(name: str) -> None:
    header = read_header(pictures.moving(7, name))
    assert (header.width, header.height, header.frames) == (64, 48, 7)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_read(name: str, orientation: int) -> None:
    content = pictures.encoded(pictures.corners(), name, exif=pictures.exif(orientation))
    assert read_header(content).orientation == orientation


def test_ten_thousand_frames_are_counted_up_to_a_bound_and_refused() -> None:
    header = read_header(pictures.gif_of(10_000))
    assert header.frames == FRAMES_COUNTED_MAX
    with pytest.raises(TooManyFrames):
        Budget().check(header)


def _giants() -> list[bytes]:
    jpeg = bytearray(pictures.encoded(pictures.corners(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 30_000, 30_000)
    gif = b"GIF89a" + struct.pack("<HHBBB", 30_000, 30_000, 0, 0, 0) + pictures.gif_of(1)[19:]
    avif = pictures.encoded(pictures.corners(), "AVIF")
    size = avif.index(b"ispe") + 8
    avif = avif[:size] + struct.pack(">II", 30_000, 30_000) + avif[size + 8 :]
    return [pictures.png_header(30_000, 30_000), bytes(jpeg), gif, avif]


@pytest.mark.parametrize("content", _giants(), ids=["png", "jpeg", "gif", "avif"])
def test_thirty_thousand_squared_is_refused_from_the_header(content: bytes) -> None:
    header = read_header(content[:4096])
    assert (header.width, header.height) == (30_000, 30_000)
    with pytest.raises(TooManyPixels):
        Budget().check(header)


def test_frames_times_pixels_are_refused_where_each_alone_would_pass() -> None:
    with pytest.raises(TooManyPixels, match="together"):
        Budget().check(Header(Format.GIF, 1000, 1000, frames=1000))
    Budget().check(Header(Format.GIF, 500, 500, frames=1000))


def test_a_tile_larger_than_the_picture_counts() -> None:
    with pytest.raises(TooManyPixels):
        Budget().check(Header(Format.HEIC, 64, 64, area_max=900_000_000))


@pytest.mark.parametrize("content", CORPUS)
def test_a_file_cut_anywhere_gives_a_typed_error_or_an_answer(content: bytes) -> None:
    for end in range(0, min(len(content), 1200), 7):
        try:
            header = read_header(content[:end])
        except MediaError:
            continue
        assert header.width > 0
        assert header.height > 0


@pytest.mark.parametrize("content", [b"", b"MZ", b"<svg/>", b"%PDF-1.4"])
def test_what_is_no_picture_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        read_header(content)


@given(data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_forged_bytes_raise_nothing_but_the_typed_error(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(CORPUS)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, min(len(content), 600) - 1))
        content[at] = data.draw(st.integers(0, 255))
    try:
        header = read_header(bytes(content))
    except MediaError:
        return
    assert header.width > 0
    assert header.frames > 0
    assert 1 <= header.orientation <= 8


def _boxes_without_end() -> bytes:
    start = pictures.encoded(pictures.corners(), "AVIF")
    return start[: int.from_bytes(start[:4])] + b"\0\0\0\x08free" * 500_000


def _associations_without_end() -> bytes:
    content = bytearray(pictures.encoded(pictures.corners(), "AVIF"))
    at = content.index(b"ipma") + 8
    content[at : at + 4] = b"\xff\xff\xff\xff"
    content[at + 4 : at + 6] = b"\0\0"
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        _boxes_without_end(),
        _associations_without_end(),
        b"\xff\xd8\xff" + b"\xff" * 500_000,
        b"\xff\xd8" + b"\xff\xd0" * 300_000,
        b"\xff\xd8" + b"\xff\xe2\0\x02" * 300_000,
        b"GIF89a" + bytes(7) + b"\x21\xff" + b"\x01\x01" * 500_000,
        b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0" + b"\0" * 8_000_000,
    ],
    ids=["boxes", "associations", "fill bytes", "bare markers", "segments", "blocks", "chunks"],
)
def test_structures_without_end_are_left_after_a_bounded_number_of_steps(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0
    step = header_cursor.Cursor.step

    def counted(self: header_cursor.Cursor) -> None:
        nonlocal taken
        taken += 1
        step(self)

    monkeypatch.setattr(header_cursor.Cursor, "step", counted)
    with pytest.raises(DamagedMedia):
        read_header(content)
    assert taken <= header_cursor.STEPS_MAX + 1
