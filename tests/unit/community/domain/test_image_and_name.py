"""What is taken for a picture, and what things may be called."""

import base64

import pytest

from doubles.community_api import PNG
from hubbub.community.domain import image, name
from hubbub.community.domain.form import Problems
from hubbub.community.errors import ImageTooLarge, InvalidImage


def uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


TRUNCATED = [
    b"\x89PNG\r\n\x1a\n",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0",
    b"\xff\xd8\xff\xe0\0\x10JFIF",
    b"GIF89a\x01",
    b"RIFF\x08\0\0\0WEBPVP8 ",
    b"RIFF\x08\0\0\0WEBPVP8L\0",
]


def gif(frames: int) -> bytes:
    frame = b"\x21\xf9\x04\x00\x00\x00\x00\x00\x2c" + b"\x00" * 9
    return b"GIF89a\x01\x00\x01\x00\x00\x00\x00" + frame * frames + b"\x3b"


def test_a_picture_is_known_by_its_bytes():
    found = image.from_data_uri(PNG.replace("image/png", "image/gif"), 1000)
    assert (found.content_type, found.extension, found.animated) == ("image/png", "png", False)
    assert found.hash == image.from_data_uri(PNG, 1000).hash


@pytest.mark.parametrize(("frames", "animated"), [(1, False), (2, True)])
def test_a_moving_picture_says_so_in_its_name(frames, animated):
    found = image.from_data_uri(uri(gif(frames)), 1000)
    assert (found.animated, found.hash.startswith("a_")) == (animated, animated)


@pytest.mark.parametrize(
    "given", ["", "data:", "data:image/png,abc", "data:image/png;base64,???", uri(b"<svg/>"), *map(uri, TRUNCATED)]
)
def test_what_is_no_picture_is_refused(given):
    with pytest.raises(InvalidImage):
        image.from_data_uri(given, 1000)


def test_too_many_bytes_or_pixels_are_refused():
    with pytest.raises(ImageTooLarge):
        image.from_data_uri(PNG, 60)
    wide = bytearray(base64.b64decode(PNG.partition(",")[2]))
    wide[16:20] = (5000).to_bytes(4, "big")
    with pytest.raises(ImageTooLarge):
        image.from_data_uri(uri(bytes(wide)), 1000)


@pytest.mark.parametrize(
    ("given", "kept"), [("  a \u200b b\n c ", "a b c"), ("a\u202eb", "ab"), ("👩\u200d🚀", "👩\u200d🚀"), ("\0", "")]
)
def test_names_lose_what_cannot_be_seen(given, kept):
    assert name.clean(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"), [("My  Room", "my-room"), ("--a--b", "a-b"), ("ÄRGER", "ärger"), ("-", "-")]
)
def test_text_channels_are_named_for_links(given, kept):
    problems = Problems()
    assert name.channel(problems, given, is_text=True) == kept
    assert not problems.found


@pytest.mark.parametrize("given", ["ab", "a.b_c9", "\uff21\uff22", " Bob "])
def test_usernames_are_kept_in_one_form(given):
    problems = Problems()
    kept = name.username(problems, given)
    assert not problems.found
    assert kept == kept.lower().strip()
    assert kept.isascii()


@pytest.mark.parametrize("given", ["a", "a..b", "a b", "ä", "here", "x" * 33, "a\0b"])
def test_other_usernames_are_refused(given):
    problems = Problems()
    name.username(problems, given)
    assert [problem.path for problem in problems.found] == ["username"]
