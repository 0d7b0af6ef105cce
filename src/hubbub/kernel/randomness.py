"""Randomness as an argument: secrets come from the system, simulations from a seed."""

from __future__ import annotations

import random
import secrets
from typing import Protocol


class RandomSource(Protocol):
    """Where random bytes come from."""

    def token_bytes(self, count: int) -> bytes:
        """Return `count` random bytes."""
        ...


class SystemRandom:
    """The operating system's generator; fit for secrets."""

    def token_bytes(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        return secrets.token_bytes(count)


class SeededRandom:
    """A repeatable generator for tests and simulation; never fit for secrets."""

    def __init__(self, seed: int) -> None:
        """Draw everything from `seed`."""
        self._random = random.Random(seed)  # noqa: S311 - repeatability is its purpose

    def token_bytes(self, count: int) -> bytes:
        """Return the next `count` bytes of the seeded sequence."""
        return self._random.randbytes(count)
