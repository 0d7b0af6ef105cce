"""Which of many hashes are near one: an index that looks at some hundred of a hundred thousand.

A hash is cut into 16 words of 16 bits. Two that differ in at most 31 bits differ in at most one bit in one of the words
at least, since twice 16 is more than 31; so only those that have such a word in common are compared. Built once, asked
often: 6.5 MB for 100,000 hashes, with 4 MB more for where each word's begin.

Source: Norouzi, Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, combinations
from typing import Final, NamedTuple

from hubbub.media.domain.perceptual import HASH_BYTES

_WORD_BITS: Final = 16
_WORDS: Final = HASH_BYTES * 8 // _WORD_BITS
_VALUES: Final = 1 << _WORD_BITS
DISTANCE_MAX: Final = 3 * _WORDS - 1
"""Largest distance that can be asked for: beyond, so many words are near that nothing is gained, and all is alike."""


class Near(NamedTuple):
    """A hash that is near."""

    place: int
    """Where it stands in what the index was built of."""
    distance: int
    """Bits in which it differs."""


class MatchIndex:
    """An index over hashes of 32 bytes."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        """Build it; takes about ten microseconds a hash, so many belong on a thread."""
        self._hashes = [int.from_bytes(each, "big") for each in hashes]
        self._begins: list[array[int]] = []
        self._places: list[array[int]] = []
        for word in range(_WORDS if hashes else 0):
            shift = word * _WORD_BITS
            words = [(each >> shift) & (_VALUES - 1) for each in self._hashes]
            counts = array("L", bytes(array("L").itemsize * (_VALUES + 1)))
            for each in words:
                counts[each + 1] += 1
            self._begins.append(array("L", accumulate(counts)))
            self._places.append(array("L", sorted(range(len(words)), key=words.__getitem__)))

    def __len__(self) -> int:
        """Return how many hashes there are."""
        return len(self._hashes)

    def near(self, pdq: bytes, distance_max: int) -> list[Near]:
        """Return the hashes that differ from `pdq` in at most so many bits, the nearest first.

        Raises:
            ValueError: `distance_max` is below zero, or above `DISTANCE_MAX`.
        """
        if not 0 <= distance_max <= DISTANCE_MAX:
            raise ValueError(f"distances from 0 to {DISTANCE_MAX} can be looked for, not {distance_max}")
        if not self._hashes:
            return []
        wanted = int.from_bytes(pdq, "big")
        places = set(self._candidates(wanted, distance_max // _WORDS))
        found = [Near(place, (self._hashes[place] ^ wanted).bit_count()) for place in places]
        return sorted((each for each in found if each.distance <= distance_max), key=lambda each: each[::-1])

    def _candidates(self, wanted: int, flips: int) -> Iterator[int]:
        masks = _MASKS[flips]
        for word, (begins, places) in enumerate(zip(self._begins, self._places, strict=True)):
            value = (wanted >> (word * _WORD_BITS)) & (_VALUES - 1)
            for mask in masks:
                start, end = begins[value ^ mask], begins[(value ^ mask) + 1]
                if start != end:
                    yield from places[start:end]


def _masks(flips: int) -> list[int]:
    """Return every word with at most so many bits set."""
    chosen = (bits for number in range(flips + 1) for bits in combinations(range(_WORD_BITS), number))
    return [sum(1 << bit for bit in bits) for bits in chosen]


_MASKS: Final = [_masks(flips) for flips in range(DISTANCE_MAX // _WORDS + 1)]
