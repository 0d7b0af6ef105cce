"""A placeholder is what the reference format says: decoded, it shows the picture's colours, shape and transparency."""

from __future__ import annotations

import pytest
import thumbhash as reference
from PIL import Image

from doubles import pictures
from hubbub.media.domain import thumbhash


def _encoded(picture: Image.Image) -> bytes:
    return thumbhash.encode(picture.width, picture.height, picture.convert("RGBA").tobytes())


@pytest.mark.parametrize("size", [(32, 21), (32, 32), (21, 32), (100, 7), (1, 32), (1, 1)])
def test_an_opaque_picture_hashes_as_the_reference_encoder_s_port_does(size: tuple[int, int]) -> None:
    picture = pictures.photo(*(max(side, 8) for side in size)).resize(size)
    rgba = list(picture.convert("RGBA").tobytes())
    expected = bytes(reference.rgba_to_thumb_hash(*size, rgba))
    ours = _encoded(picture)
    assert len(ours) == len(expected)
    # The port rounds halves to even; the reference rounds them up. A weight may differ by one step for that.
    assert all(
        abs((mine >> shift & 15) - (theirs >> shift & 15)) <= 1
        for mine, theirs in zip(ours[5:], expected[5:], strict=True)
        for shift in (0, 4)
    )
    assert ours[:5] == expected[:5]


@pytest.mark.parametrize("colour", [pictures.RED, pictures.GREEN, pictures.BLUE, pictures.WHITE, (0, 0, 0)])
def test_the_average_colour_comes_back(colour: tuple[int, int, int]) -> None:
    head = int.from_bytes(_encoded(Image.new("RGB", (32, 20), colour))[:3], "little")
    light, yellow_blue, red_green = (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1
    blue = light - 2 / 3 * yellow_blue
    red = (3 * light - blue + red_green) / 2
    green = red - red_green
    assert [red * 255, green * 255, blue * 255] == pytest.approx(colour, abs=9)


def test_transparency_is_told_and_where_it_lies() -> None:
    hashed = _encoded(pictures.glass(32, 20))
    assert hashed[2] & 0x80
    assert hashed[5] & 15 == pytest.approx(15 * 0.5, abs=1)  # half of it is opaque
    assert not _encoded(pictures.corners(32, 20))[2] & 0x80


def test_shape_comes_back() -> None:
    wide, tall = _encoded(pictures.corners(32, 16)), _encoded(pictures.corners(16, 32))
    assert wide[4] & 0x80
    assert not tall[4] & 0x80
    assert wide[3] & 7 == tall[3] & 7 == 4  # seven waves along the longer side, half as many along the other


@pytest.mark.parametrize(("width", "height", "count"), [(0, 1, 0), (101, 1, 404), (2, 2, 15)])
def test_what_is_no_picture_is_refused(width: int, height: int, count: int) -> None:
    with pytest.raises(ValueError, match="no picture"):
        thumbhash.encode(width, height, bytes(count))
