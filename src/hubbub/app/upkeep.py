"""What has to be done every now and then: end overdue interactions, remove files that nothing names any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from hubbub.community.service.community import Community
from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError

_INTERACTIONS_EVERY_S = 1.0
"""A member who invoked a command waits for at most three seconds to learn that nobody answered."""
_FILES_EVERY_S = 10.0
_ACCOUNTS_EVERY_S = 600.0
_NONCES_EVERY_S = 300.0
_LEFTOVERS_EVERY_S = 3600.0
"""What a killed upload leaves on the disk is removed once it is a day old."""

_log = telemetry.logger(__name__)


@contextlib.asynccontextmanager
async def upkeep(community: Community, on_released: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
    """Look after `community` while the context lasts; `on_released` is called when it let go of files."""

    async def let_go() -> int:
        number = await community.attachments.sweep()
        if number:
            on_released()
        return number

    awaited = community.awaited_files
    async with meanwhile(
        every(_INTERACTIONS_EVERY_S, community.interactions.sweep),
        every(_ACCOUNTS_EVERY_S, community.accounts.sweep),
        prompted(community.attachments.news, lambda: _FILES_EVERY_S, let_go),
        prompted(awaited.news, awaited.look_again_s, awaited.sweep),
        every(_NONCES_EVERY_S, community.messages.sweep),
        every(_LEFTOVERS_EVERY_S, community.ports.objects.remove_leftovers),
    ):
        yield


@contextlib.asynccontextmanager
async def meanwhile(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do `work`, most of which never ends by itself, while the context lasts."""
    # Not a task group: it would wrap what fails inside the context, and a start's own error must stay itself.
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, sweep: Callable[[], Awaitable[int]]) -> None:
    """Call `sweep` again and again; a failure is told, and tried again at the next turn."""
    while True:
        await asyncio.sleep(seconds)
        await _tried(sweep)


async def prompted(news: asyncio.Event, seconds: Callable[[], float], sweep: Callable[[], Awaitable[int]]) -> None:
    """Call `sweep` at once, whenever there are `news`, and otherwise after so many seconds, asked each time."""
    while True:
        await _tried(sweep)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), seconds())
        news.clear()


async def _tried(sweep: Callable[[], Awaitable[int]]) -> None:
    try:
        await sweep()
    except HubbubError as problem:
        _log.warning("upkeep failed and will be tried again", reason=problem.sentence)
    except Exception:  # noqa: BLE001 - one bad row must not end what keeps everything else tidy
        _log.exception("upkeep failed and will be tried again")
