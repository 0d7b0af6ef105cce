"""The functions that a zygote's children run: a module registers its own by importing `job`.

A job runs once, in a process of its own, after everything but its descriptors was given up: it opens nothing by name,
so what it imports is imported with its module. It returns something small that MessagePack can hold; pictures go to
outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hubbub.media.adapters.sandbox.message import Layers


class Call(NamedTuple):
    """What a job is given."""

    arguments: Any
    """As the server gave them."""
    inputs: tuple[int, ...]
    """Descriptors to read, each at its beginning."""
    outputs: tuple[int, ...]
    """Empty descriptors to write."""
    layers: Layers
    """What was given up."""


Job = Callable[[Call], Any]

JOBS: dict[str, Job] = {}
"""What can be asked for, by name."""


def job(name: str) -> Callable[[Job], Job]:
    """Register a function under `name`, e.g. ``picture.mezzanine``."""

    def register(function: Job) -> Job:
        if name in JOBS:
            raise ValueError(f"two jobs are named {name}")
        JOBS[name] = function
        return function

    return register
