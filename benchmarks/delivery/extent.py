"""How much is measured, and where."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SERVER_CORE, LOAD_CORE = 0, 1


class Extent(NamedTuple):
    """How much is measured."""

    runs: int
    photos: int
    """Of each size."""
    hot_s: float
    upload_mib: int
    film_s: int
    """Seconds that films last."""


QUICK = Extent(runs=1, photos=4, hot_s=1.0, upload_mib=64, film_s=5)
FULL = Extent(runs=3, photos=24, hot_s=4.0, upload_mib=512, film_s=15)


def made(folder: Path, name: str) -> Path:
    """Return a folder in a folder."""
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    return path
