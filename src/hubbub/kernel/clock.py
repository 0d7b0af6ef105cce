"""Time as an argument: cores never read an ambient clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where the current time comes from."""

    def unix_ms(self) -> int:
        """Return wall time in milliseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds from an arbitrary origin; never goes back, so durations are measured with it."""
        ...


class SystemClock:
    """The machine's clocks."""

    def unix_ms(self) -> int:
        """Return wall time in milliseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return seconds of the machine's monotonic clock."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved, for tests and simulation on virtual time."""

    def __init__(self, unix_ms: int = 1_767_225_600_000, monotonic_s: float = 0.0) -> None:
        """Start at `unix_ms` (default 2026-01-01T00:00:00Z) and `monotonic_s`."""
        self._unix_ms = unix_ms
        self._monotonic_s = monotonic_s

    def unix_ms(self) -> int:
        """Return the set wall time in milliseconds."""
        return self._unix_ms

    def monotonic_s(self) -> float:
        """Return the set monotonic time in seconds."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by `seconds`; a negative step is a mistake of the caller."""
        if seconds < 0:
            raise ValueError("a clock moves forward only")
        self._monotonic_s += seconds
        self._unix_ms += round(seconds * 1000)
