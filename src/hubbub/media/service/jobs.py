"""The runner: takes jobs that are free, keeps their leases while they are done, and tells what became of them.

Calling contract: `start` once, `wake` whenever a job may have been made, `stop` at the end. What a worker finds out
comes back as operations, which are written in the transaction that ends the job: one is never there without the other.

A worker that fails with an error of the file (status 4xx) parks its job at once. One that the machine failed, full or
busy as it is, is tried again without end, and one that failed for any other reason as often as the policy says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError, Overloaded
from hubbub.media.adapters.job_store import JobStore, LeaseLost
from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import Job, JobState, Policy
from hubbub.media.errors import SandboxBusy, SandboxOutOfTime, SandboxUnavailable
from hubbub.storage.errors import StorageFull, StorageUnavailable
from hubbub.storage.records.port import Op

_LOOK_EVERY_S: Final = 1.0
"""Jobs of other processes, and those whose time comes, are found by looking."""
_TELL_EVERY_S: Final = 0.3
"""Seconds between two writings of a job's progress: most pictures are done before the first is worth a transaction."""
_GRACE_S: Final = 3.0
"""Seconds that jobs have to be done in after a stop was asked for; the rest is put back."""
_MACHINE_WAIT_MS: Final = 10_000
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_OF_THE_MACHINE: Final = (Overloaded, SandboxBusy, SandboxUnavailable, StorageFull, StorageUnavailable)

_log = telemetry.logger("hubbub.media")


class JobEvent(NamedTuple):
    """What is told of a job as it goes."""

    asset_id: int
    kind: str
    state: str
    progress: int
    """In hundredths."""
    error_code: str


Report = Callable[[int], Awaitable[None]]
"""Tells how far the work is, in hundredths."""
Worker = Callable[[Job, Report], Awaitable[Sequence[Op]]]
"""Does a job; returns what it found out."""
Listener = Callable[[JobEvent], None]


class Jobs:
    """Runs jobs of an installation in this process."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        node: str,
        workers: Mapping[str, Worker],
        jitter: Callable[[], float],
        *,
        parallel: int = 2,
        policy: Policy | None = None,
    ) -> None:
        """Make a runner.

        Args:
            store: Where jobs are.
            clock: The time.
            node: Names this process among those that share the records.
            workers: Who does each kind of job; others are left to other runners.
            jitter: Returns a number from 0 to 1 for each wait.
            parallel: Jobs done at a time, 1 or more.
            policy: How patient it is; None for the defaults.
        """
        self._store = store
        self._clock = clock
        self.node = node
        self._workers = workers
        self._jitter = jitter
        self._parallel = parallel
        self._policy = policy or Policy()
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._listeners: list[Listener] = []
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def running(self) -> int:
        """Jobs that are done at the moment."""
        return len(self._running)

    async def start(self) -> None:
        """Take up what a process of this name left when it was killed, and all else that is free."""
        await self._store.release(self.node)
        self._loop = asyncio.create_task(self._look())

    async def stop(self, grace_s: float = _GRACE_S) -> None:
        """Begin nothing any more, wait for what is done at the moment, and put back what takes longer."""
        self._stopping = True
        self.wake()
        if self._loop is not None:
            await self._loop
        if self._running:
            await asyncio.wait(self._running, timeout=grace_s)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def wake(self) -> None:
        """Look for jobs at once, or end if asked to."""
        self._woken.set()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of each job's progress in this process; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def _look(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                await self._take()
            except HubbubError as problem:
                _log.warning("jobs could not be looked for", reason=problem.sentence)
            except Exception:  # noqa: BLE001 - one look that fails must not be the last
                _log.exception("jobs could not be looked for")
            if self._stopping:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._woken.wait()

    async def _take(self) -> None:
        free = self._parallel - len(self._running)
        if free < 1:
            return
        kinds = tuple(self._workers)
        for job in await self._store.take(self.node, free, self._clock.unix_ms(), self._policy, kinds):
            self._tell(job)
            if job.state != JobState.LEASED.value:
                _log.error("media.job_parked", job=job.id, asset=job.asset_id, code=job.error_code)
                continue
            work = Work(self._store, self._clock, self._policy, self._tell, job)
            task = asyncio.create_task(work.run(self._workers, self._jitter))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not self._stopping:
            self.wake()

    def _tell(self, job: Job) -> None:
        self.pass_on(JobEvent(job.asset_id, job.kind, job.state, job.progress, job.error_code))

    def pass_on(self, event: JobEvent) -> None:
        """Tell this runner's listeners of a job, its own or another runner's."""
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - who listens badly must not fail the job
                _log.exception("a listener to jobs failed")


class Work:
    """One job while this process holds it."""

    def __init__(self, store: JobStore, clock: Clock, policy: Policy, tell: Callable[[Job], None], job: Job) -> None:
        """Hold `job` as it was taken."""
        self._store = store
        self._clock = clock
        self._policy = policy
        self._tell = tell
        self._job = job
        self._told_s = clock.monotonic_s()

    async def run(self, workers: Mapping[str, Worker], jitter: Callable[[], float]) -> None:
        """Do the job, and keep what became of it; a lost lease ends the work without a word."""
        try:
            ops: Sequence[Op] = ()
            try:
                ops = await self._held(workers[self._job.kind](self._job, self._report))
                after = jobs.done(self._job)
            except asyncio.CancelledError:
                # Asked to stop: another process, or this one when it is back, begins it anew.
                await self._keep(jobs.put_back(self._job, self._clock.unix_ms()))
                raise
            except LeaseLost:
                raise
            except Exception as problem:  # noqa: BLE001 - every failure is kept with the job
                after = self._failed(problem, jitter())
            await self._keep(after, ops)
        except LeaseLost:
            _log.info("media.job_lost", job=self._job.id, asset=self._job.asset_id)
        except HubbubError as problem:
            # It could not be told: the lease runs out, and the job is taken up again.
            _log.warning("media.job_untold", job=self._job.id, asset=self._job.asset_id, reason=problem.sentence)

    async def _held(self, work: Awaitable[Sequence[Op]]) -> Sequence[Op]:
        """Return what `work` finds out, renewing the lease meanwhile; ends it when the lease was lost."""
        doing = asyncio.ensure_future(work)
        renewing = asyncio.create_task(self._renew())
        try:
            await asyncio.wait({doing, renewing}, return_when=asyncio.FIRST_COMPLETED)
            return await (doing if doing.done() else renewing)
        finally:
            for task in (doing, renewing):
                task.cancel()
            await asyncio.gather(doing, renewing, return_exceptions=True)

    async def _renew(self) -> Sequence[Op]:
        """Renew the lease again and again; returns never, and raises when it was lost."""
        while True:
            await asyncio.sleep(self._policy.lease_ms / 3000)
            try:
                await self._update(jobs.renewed(self._job, self._clock.unix_ms(), self._policy))
            except HubbubError as problem:
                _log.warning("a lease could not be renewed", job=self._job.id, reason=problem.sentence)

    async def _report(self, progress: int) -> None:
        """Tell how far the job is: at once who listens here, and now and then those who read the records."""
        further = jobs.progressed(self._job, progress)
        if further == self._job:
            return
        self._job = further
        if self._clock.monotonic_s() - self._told_s >= _TELL_EVERY_S:
            self._told_s = self._clock.monotonic_s()
            await self._update(further)
        self._tell(further)

    async def _update(self, after: Job) -> None:
        # Set before it is written: a renewal and a report at once must not undo one another.
        self._job = after
        await self._store.keep(after, after)

    async def _keep(self, after: Job, ops: Sequence[Op] = ()) -> None:
        self._job = await self._store.keep(self._job, after, ops)
        self._tell(self._job)

    def _failed(self, problem: Exception, jitter: float) -> Job:
        """Return the job as it is after `problem`."""
        now_ms = self._clock.unix_ms()
        known = problem if isinstance(problem, HubbubError) else HubbubError()
        of_it = {"job": self._job.id, "asset": self._job.asset_id, "code": known.code}
        if isinstance(problem, _OF_THE_MACHINE):
            _log.warning("media.job_postponed", **of_it, reason=known.sentence)
            wait_ms = round(_MACHINE_WAIT_MS * (0.5 + jitter / 2))
            return jobs.put_back(self._job, now_ms + wait_ms, known.code, known.sentence)
        if not isinstance(problem, HubbubError):
            _log.error("media.job_failed", exc_info=problem, **of_it)
        # Out of time may be the machine's fault as well as the file's, so it is tried a few times.
        elif _CLIENT_ERROR <= known.status < _SERVER_ERROR and not isinstance(problem, SandboxOutOfTime):
            _log.info("media.job_refused", **of_it)
            return jobs.parked(self._job, known.code, known.sentence)
        else:
            _log.warning("media.job_failed", **of_it, reason=known.sentence)
        return jobs.retried(self._job, known.code, known.sentence, now_ms, self._policy, jitter)
