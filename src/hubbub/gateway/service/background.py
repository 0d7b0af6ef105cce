"""Work that goes on after the call that began it has returned."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from hubbub.kernel.telemetry import logger

log = logger("hubbub.gateway")


class Background:
    """The tasks of one hub, which waits for them when it stops."""

    def __init__(self) -> None:
        """Start with none."""
        self.tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work`; what it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    async def finish(self, timeout_s: float) -> None:
        """Wait for all tasks, and cancel those that take longer than `timeout_s`."""
        tasks = list(self.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("gateway.task_failed", exc_info=problem)
