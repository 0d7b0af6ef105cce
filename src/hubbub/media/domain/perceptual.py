"""PDQ: 256 bits that stay nearly the same when a picture is resized, encoded anew or touched up a little.

The picture is reduced to 64 by 64 values of brightness; the 16 by 16 lowest frequencies of their cosine transform,
without the constant one, are each compared with their median. How much of a picture there is to recognise is its
quality, 0 to 100.

Source: "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", Facebook, 2019; the hashes are bit
for bit those of the ThreatExchange reference, given the same 512 by 512 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, pi, sqrt
from operator import mul
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
DISTANCE_MAX: Final = 31
"""Bits of 256 in which two hashes of what is seen as one picture differ at most, as PDQ's authors recommend."""
QUALITY_MIN: Final = 50
"""Below it too little is in a picture to recognise it by, as PDQ's authors recommend."""
SIDE: Final = 64
"""Values of brightness across, and down."""
_WAVES: Final = 16
_PIXEL_MAX: Final = 255
_GRADIENTS_OF_ONE: Final = 90
"""Sum of differences, in hundredths of the whole range, that make one point of quality."""
_TRANSFORM: Final = [
    [sqrt(2 / SIDE) * cos(pi / (2 * SIDE) * (wave + 1) * (2 * place + 1)) for place in range(SIDE)]
    for wave in range(_WAVES)
]


class Fingerprint(NamedTuple):
    """What a picture is recognised by."""

    pdq: bytes
    """32 bytes, the highest frequency first; in hexadecimal as others write it."""
    quality: int
    """0 to 100."""

    @property
    def is_recognisable(self) -> bool:
        """Whether enough is in the picture to compare it with others."""
        return self.quality >= QUALITY_MIN


def fingerprint(luma: Sequence[float]) -> Fingerprint:
    """Return the fingerprint of a picture.

    Args:
        luma: Brightness from 0 to 255, 64 rows of 64, as the reference filters and samples it.

    Raises:
        ValueError: There are more values, or fewer.
    """
    if len(luma) != SIDE * SIDE:
        raise ValueError(f"{len(luma)} values are not {SIDE} by {SIDE}")
    rows = [luma[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    columns = list(zip(*rows, strict=True))
    down = [[sum(map(mul, wave, column)) for column in columns] for wave in _TRANSFORM]
    waves = [sum(map(mul, row, wave)) for row in down for wave in _TRANSFORM]
    median = sorted(waves)[len(waves) // 2 - 1]
    bits = sum(1 << place for place, value in enumerate(waves) if value > median)
    gradients = sum(_differences(line) for line in (*rows, *columns))
    return Fingerprint(bits.to_bytes(HASH_BYTES, "big"), min(100, gradients // _GRADIENTS_OF_ONE))


def distance(one: bytes, other: bytes) -> int:
    """Return in how many bits two hashes differ, 0 to 256."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _differences(line: Sequence[float]) -> int:
    """Return how much neighbours differ, each in whole hundredths of the range."""
    return sum(abs(int((one - next_) * 100 / _PIXEL_MAX)) for one, next_ in pairwise(line))
