"""What a file is, by its bytes; and names that are safe."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hubbub.community.domain.upload_file import HEAD_BYTES, kind_of, may_show_inline, safe_name


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_has_its_type_and_size(kind):
    buffer = io.BytesIO()
    Image.new("RGB", (31, 17)).save(buffer, kind)
    assert kind_of(buffer.getvalue()) == (f"image/{kind.lower()}", 31, 17)


@pytest.mark.parametrize(
    ("head", "content_type", "inline"),
    [
        (b"%PDF-1.7", "application/pdf", False),
        (b"\0\0\0\x18ftypisom", "video/mp4", True),
        (b"ID3\x04", "audio/mpeg", True),
        (b"<html><script>", "text/plain; charset=utf-8", True),
        ("grüß dich".encode(), "text/plain; charset=utf-8", True),
        (b"\xff\xfe\x00", "application/octet-stream", False),
        (b"", "application/octet-stream", False),
        (b"MZ\x90\x00", "application/octet-stream", False),
        (b"\x89PNG\r\n\x1a\n broken", "image/png", True),
    ],
)
def test_the_bytes_decide(head, content_type, inline):
    assert kind_of(head)[0] == content_type
    assert may_show_inline(content_type) is inline


def test_a_text_may_be_cut_inside_of_a_character():
    text = ("é" * HEAD_BYTES).encode()
    assert kind_of(text[: HEAD_BYTES - 1] + text[:1])[0].startswith("text/plain")


@given(st.text(max_size=400))
def test_a_name_stays_a_name(name):
    safe = safe_name(name, 3)
    assert 0 < len(safe) <= 260
    assert not set(safe) & set('/\\:*?"<>|\0\n')
    assert safe not in {".", ".."}


def test_folders_and_tricks_are_taken_off():
    assert safe_name("../../etc/passwd", 0) == "passwd"
    assert safe_name("C:\\temp\\photo.png", 0) == "photo.png"
    assert safe_name("evil\u202egnp.exe", 0) == "evil_gnp.exe"
    assert safe_name("", 2) == "file-2"
    assert safe_name("a" * 300 + ".png", 0).endswith("a.png")
