"""A picture is recognised as the reference of PDQ recognises it, however it was resized or encoded."""

from __future__ import annotations

import io
import random

import numpy as np
import pdqhash
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from doubles import pictures
from hubbub.media.adapters import vips
from hubbub.media.adapters.picture_fingerprint import fingerprint_of
from hubbub.media.domain.match_index import DISTANCE_MAX as INDEX_MAX
from hubbub.media.domain.match_index import MatchIndex, Near
from hubbub.media.domain.perceptual import DISTANCE_MAX, SIDE, Fingerprint, distance, fingerprint

hashes = st.binary(min_size=32, max_size=32)


@pytest.fixture(autouse=True)
def _vips_as_in_the_sandbox() -> None:
    vips.configure()


def busy(seed: int, width: int = 512, height: int = 512) -> Image.Image:
    """Return a picture with much to recognise."""
    chance = random.Random(seed)
    picture = Image.new("RGB", (width, height), (90, 120, 150))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        left, top = chance.randrange(width), chance.randrange(height)
        box = (left, top, left + chance.randrange(10, width // 3), top + chance.randrange(10, height // 3))
        colour = tuple(chance.randrange(256) for _ in range(3))
        (draw.ellipse if chance.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return picture


def seen(picture: Image.Image) -> Fingerprint:
    content = picture.tobytes()
    bands = len(picture.getbands())
    image = pyvips.Image.new_from_memory(content, *picture.size, bands, "uchar").copy(interpretation="srgb")
    return fingerprint_of(image)


def reference(picture: Image.Image) -> Fingerprint:
    bits, quality = pdqhash.compute(np.asarray(picture.convert("RGB")))
    return Fingerprint(int("".join(map(str, bits)), 2).to_bytes(32, "big"), quality)


@pytest.mark.parametrize("seed", range(5))
def test_the_hash_is_that_of_the_reference_bit_for_bit(seed: int) -> None:
    assert seen(busy(seed)) == reference(busy(seed))


def test_what_is_hashed_of_any_size_is_near_what_the_reference_says_of_all_its_pixels() -> None:
    large = busy(9, 1400, 900)
    assert distance(seen(large).pdq, reference(large).pdq) <= DISTANCE_MAX // 2


@pytest.mark.parametrize("size", [(1200, 800), (300, 300), (160, 120)])
def test_a_picture_resized_and_encoded_anew_is_recognised(size: tuple[int, int]) -> None:
    first = seen(busy(7, 900, 900))
    out = io.BytesIO()
    busy(7, 900, 900).resize(size).save(out, "JPEG", quality=55)
    assert distance(first.pdq, seen(Image.open(out).convert("RGB")).pdq) <= DISTANCE_MAX


def test_different_pictures_are_far_from_one_another() -> None:
    found = [seen(busy(seed)).pdq for seed in range(8)]
    assert min(distance(a, b) for a in found for b in found if a is not b) > 2 * DISTANCE_MAX


def test_what_is_plain_has_no_quality_and_is_not_recognised() -> None:
    plain = seen(Image.new("RGB", (300, 200), (200, 40, 40)))
    assert plain.quality == 0
    assert not plain.is_recognisable
    assert seen(busy(1)).is_recognisable


def test_grey_and_transparent_pictures_are_hashed_too() -> None:
    colour = busy(3)
    assert distance(seen(colour.convert("L")).pdq, seen(colour).pdq) <= 4
    assert distance(seen(colour.convert("RGBA")).pdq, seen(colour).pdq) == 0
    assert len(seen(pictures.glass()).pdq) == 32


def test_another_number_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="64 by 64"):
        fingerprint([0.0] * (SIDE * SIDE - 1))


@given(hashes, hashes)
def test_a_distance_is_the_number_of_bits_that_differ(one: bytes, other: bytes) -> None:
    flipped = sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))
    assert distance(one, other) == distance(other, one) == flipped


@settings(max_examples=60, deadline=None)
@given(
    st.lists(hashes, max_size=30, unique=True),
    hashes,
    st.lists(st.integers(0, 255), max_size=INDEX_MAX + 3, unique=True),
    st.integers(0, INDEX_MAX),
)
def test_the_index_finds_exactly_what_is_near(
    others: list[bytes], wanted: bytes, flips: list[int], distance_max: int
) -> None:
    near = (int.from_bytes(wanted, "big") ^ sum(1 << bit for bit in flips)).to_bytes(32, "big")
    listed = [*others, near]
    found = MatchIndex(listed).near(wanted, distance_max)
    expected = [Near(place, distance(each, wanted)) for place, each in enumerate(listed)]
    assert found == sorted((each for each in expected if each.distance <= distance_max), key=lambda each: each[::-1])


def test_an_empty_index_finds_nothing_and_a_distance_has_bounds() -> None:
    assert MatchIndex([]).near(bytes(32), 31) == []
    with pytest.raises(ValueError, match="from 0 to 47"):
        MatchIndex([bytes(32)]).near(bytes(32), 48)
