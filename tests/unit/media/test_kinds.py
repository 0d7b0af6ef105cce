"""The bytes decide what a file is, and what it is served as."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles import pictures
from hubbub.media.domain.kinds import HEAD_BYTES, Format, Kind, sniff


def _wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(64))
    return out.getvalue()


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    brands = b"".join(compatible)
    return (16 + len(brands)).to_bytes(4) + b"ftyp" + major + bytes(4) + brands


def _ebml(document: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82" + bytes([0x80 | len(document)]) + document


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pictures.encoded(pictures.corners(), "JPEG"), Format.JPEG),
        (pictures.encoded(pictures.corners(), "PNG"), Format.PNG),
        (pictures.moving(3, "PNG"), Format.APNG),
        (pictures.encoded(pictures.corners(), "GIF"), Format.GIF),
        (pictures.encoded(pictures.corners(), "WEBP"), Format.WEBP),
        (pictures.encoded(pictures.corners(), "WEBP", lossless=True), Format.WEBP_LOSSLESS),
        (pictures.moving(3, "WEBP"), Format.WEBP_ANIMATED),
        (pictures.encoded(pictures.corners(), "AVIF"), Format.AVIF),
        (pictures.moving(3, "AVIF"), Format.AVIF_SEQUENCE),
        (pictures.encoded(pictures.corners(), "HEIF"), Format.HEIC),
        (_ftyp(b"mif1", b"heic"), Format.HEIC),
        (_ftyp(b"mif1", b"avif"), Format.AVIF),
        (_ftyp(b"isom", b"iso2", b"avc1"), Format.MP4),
        (_ftyp(b"qt  "), Format.QUICKTIME),
        (b"\0\0\0\x08wide\0\0\0\0mdat", Format.QUICKTIME),
        (_ftyp(b"M4A "), Format.M4A),
        (_ftyp(b"crx "), Format.OTHER),
        (_ebml(b"webm"), Format.WEBM),
        (_ebml(b"matroska"), Format.MATROSKA),
        (_ebml(b"other"), Format.OTHER),
        (b"ID3\x04\0\0", Format.MP3),
        (b"\xff\xfb\x90\x64", Format.MP3),
        (b"\xff\xff\xff\xff", Format.OTHER),
        (b"OggS" + bytes(24) + b"OpusHead", Format.OPUS),
        (b"OggS" + bytes(24) + b"\x01vorbis", Format.OGG),
        (_wav(), Format.WAV),
        (b"fLaC\0", Format.FLAC),
        (b"RIFF\0\0\0\0AVI LIST", Format.AVI),
        (b"%PDF-1.7\n", Format.PDF),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', Format.SVG),
        (b'\xef\xbb\xbf <?xml version="1.0"?><!-- x --><svg:svg>', Format.SVG),
        ("<svg >".encode("utf-16"), Format.SVG),
        (b"\n <!DOCTYPE html><p>", Format.HTML),
        (b"<script>alert(1)</script>", Format.HTML),
        (b'<?xml version="1.0"?><note/>', Format.XML),
        (b"push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 'url(https://x/)'", Format.TEXT),
        (b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd", Format.TEXT),
        ("Grüße".encode(), Format.TEXT),
        (b"\0\1\2\3", Format.OTHER),
        (b"", Format.OTHER),
    ],
)
def test_what_a_file_is_is_told_from_its_bytes(content: bytes, expected: Format) -> None:
    assert sniff(content[:HEAD_BYTES]) is expected


@pytest.mark.parametrize("format_", [Format.SVG, Format.HTML, Format.XML, Format.PDF, Format.AVI, Format.OTHER])
def test_what_may_carry_script_is_neither_decoded_nor_shown_inline(format_: Format) -> None:
    assert not format_.value.decoded
    assert not format_.value.inline
    assert format_.kind is Kind.FILE


@pytest.mark.parametrize("format_", [Format.SVG, Format.HTML, Format.XML])
def test_markup_is_never_served_under_a_type_that_a_browser_runs(format_: Format) -> None:
    assert format_.served_as == "application/octet-stream"


def test_a_polyglot_is_what_it_is_first() -> None:
    gif = pictures.encoded(pictures.corners(8, 8), "GIF") + b"<script>alert(1)</script>"
    assert sniff(gif).served_as == "image/gif"
    page = b"<!doctype html>" + pictures.encoded(pictures.corners(8, 8), "JPEG")
    assert sniff(page) is Format.HTML


def test_the_letters_of_an_animation_within_other_bytes_make_none() -> None:
    still = pictures.encoded(pictures.corners(), "PNG")
    assert sniff(still + b"acTL") is Format.PNG


@given(st.binary(max_size=200), st.sampled_from([b"", b"RIFF", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x18ftyp", b"<", b"\xff"]))
def test_any_bytes_get_an_answer(tail: bytes, start: bytes) -> None:
    assert sniff(start + tail) in Format
