"""What a person in a call takes of a server's memory.

Each shape's call is the first of a fresh server, since a later one takes what an earlier one left. Before it, and for
as long as memory is watched, two are in another room: the first of all bring along what is needed only once. The
figure is growth by person who is added: the listeners, where there are any, else everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from rtc.cost import Shape, everybody_receives, speakers, watchers
from rtc.load import running_load
from rtc.person import Person
from rtc.row import Row, row
from rtc.server import Server

_WARMTH = Shape("warmth", speakers=1, cameras=1, watchers=1, goal="")
_SETTLE_S = 2.0
"""Rings of packets fill, and whatever joining took for a moment is given back."""


async def memory_rows(
    binary: Path,
    core: int,
    makers: Sequence[Callable[[], AbstractAsyncContextManager[Server]]],
    shapes: Sequence[Shape],
) -> list[Row]:
    """Return a row by shape; each of `makers` runs one side's fresh server."""
    rows = []
    for shape in shapes:
        found = [await _measure(binary, core, make, shape) for make in makers]
        peer = [found[1]] if found[1:] else None
        goal = "≤ 150" if shape.watchers else None
        rows.append(row(f"{shape.name}: memory by added person", "KiB", [found[0]], peer, goal=goal))
    return rows


async def _measure(
    binary: Path, core: int, make: Callable[[], AbstractAsyncContextManager[Server]], shape: Shape
) -> float:
    async with make() as server, running_load(binary, core) as load, contextlib.AsyncExitStack() as stack:

        def stay(people: Sequence[Person]) -> Sequence[Person]:
            for person in people:
                stack.push_async_callback(person.leave)
            return people

        warm = [
            *stay(await speakers(server, load, "warmth", _WARMTH)),
            *stay(await watchers(server, load, "warmth", _WARMTH)),
        ]
        await everybody_receives(load, warm, _WARMTH)
        there = stay(await speakers(server, load, "call", shape)) if shape.watchers else []
        await asyncio.sleep(_SETTLE_S)
        before = server.resident_bytes()
        come = await (watchers if shape.watchers else speakers)(server, load, "call", shape)
        stay(come)
        await everybody_receives(load, [*there, *come], shape)
        await asyncio.sleep(_SETTLE_S)
        return (server.resident_bytes() - before) / 1024 / len(come)
