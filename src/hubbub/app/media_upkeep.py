"""What becomes of files that nobody asks for, while media runs in this process."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable

from hubbub.app.house import House
from hubbub.app.upkeep import every, meanwhile
from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.domain.job import JobKind
from hubbub.media.service.cold import ColdPorts, Cooling
from hubbub.media.service.cold_queue import ColdQueue
from hubbub.media.service.figures import Figures
from hubbub.media.service.jobs import Jobs, Worker
from hubbub.media.service.plays import Plays
from hubbub.media.service.refine import Refining
from hubbub.media.service.seen import Seen

_TELL_EVERY_S = 30.0
_COOL_EVERY_S = 60.0
_log = telemetry.logger(__name__)


def cooler_of(house: House, ports: ColdPorts, refining: Refining, jitter: Callable[[], float]) -> Jobs:
    """Return the runner of work that nobody waits for: one job at a time."""
    cooling = Cooling(ports, house.config.media.cold_after_days)
    node = f"node-{house.config.node}/cool"
    workers: dict[str, Worker] = {JobKind.COOL.value: cooling, JobKind.REFINE.value: refining}
    return Jobs(JobStore(house.records), house.clock, node, workers, jitter, parallel=1)


@contextlib.asynccontextmanager
async def cooled(house: House, seen: Seen, figures: Figures, plays: Plays, cooler: Jobs) -> AsyncIterator[None]:
    """Tell what was seen and done, and find what cools, while the context lasts; the caller starts `cooler`."""
    queue = ColdQueue(house.records, house.clock, house.config.media.cold_after_days, cooler.wake)
    try:
        async with meanwhile(
            every(_TELL_EVERY_S, seen.flush),
            every(_TELL_EVERY_S, figures.flush),
            every(_TELL_EVERY_S, plays.flush),
            every(_COOL_EVERY_S, queue.sweep),
        ):
            yield
    finally:
        await cooler.stop()
        try:
            await seen.flush()
            await figures.flush()
            await plays.flush()
        except HubbubError as problem:
            _log.warning("media.untold", reason=problem.sentence)
