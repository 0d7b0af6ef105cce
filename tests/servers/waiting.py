"""Waiting on a condition instead of sleeping for luck."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool | Awaitable[bool]], *, within_s: float, every_s: float = 0.02) -> None:
    """Return once `condition` holds; fail when it does not within the deadline."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        held = condition()
        if inspect.isawaitable(held):
            held = await held
        if held:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"{inspect.getsource(condition).strip()} did not hold within {within_s} s")
        await asyncio.sleep(every_s)
