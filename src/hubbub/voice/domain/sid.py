"""Sids: names that are given once and never again, with a prefix that says what they name."""

from __future__ import annotations

from hubbub.kernel.randomness import RandomSource

ROOM, PARTICIPANT, TRACK = "RM_", "PA_", "TR_"
CHARACTERS = "23456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that are not mistaken for one another."""
_LENGTH = 12


def new_sid(prefix: str, random: RandomSource) -> str:
    """Return a new sid; 57 ^ 12 is more than 2 ^ 69, so that no two meet."""
    number = int.from_bytes(random.token_bytes(16))
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(CHARACTERS))
        digits.append(CHARACTERS[digit])
    return prefix + "".join(digits)
