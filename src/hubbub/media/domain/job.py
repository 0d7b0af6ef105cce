"""Work on an asset, and who does it: a lease that runs out, attempts that are counted, and an end that is told.

Calling contract: `taken` gives a job to a runner, which may then say `renewed`, `progressed` and one of `done`,
`retried`, `parked` and `put_back`. None of them changes its argument; who stores what they return does so only if the
row still has the epoch that the argument had, so that of two runners one learns that it came too late.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class JobKind(StrEnum):
    """What is to be done."""

    INSPECT = "inspect"
    """Find out what a file is, and make of a picture what renditions are made of; a video plays, unless that takes
    long."""
    ENCODE = "encode"
    """Make a video play for which that takes long."""
    PACKAGE = "package"
    """Make of a video that plays the renditions that players choose from."""
    SETTLE = "settle"
    """Deliver a video's best file in place of its first one, once those who began with that have seen it."""
    REFINE = "refine"
    """Make renditions in AV1 of a video that is played often."""
    COOL = "cool"
    """Keep what nobody asks for in less room. Has its asset's id, and is forgotten once it is done."""


HEAVY: Final = (JobKind.ENCODE, JobKind.PACKAGE)
"""Kinds that take as long as the video, and longer: they have a turn of their own."""
UNAWAITED: Final = (JobKind.SETTLE, JobKind.REFINE)
"""Kinds that make nothing that anybody waits for: how far a file is does not depend on them."""


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    """Waits for its time, and for a runner."""
    LEASED = "leased"
    """A runner does it, for as long as the lease lasts."""
    DONE = "done"
    PARKED = "parked"
    """Given up: the file was refused, or the attempts are used up. An operator sees it."""


ENDED: Final = (JobState.DONE.value, JobState.PARKED.value)
"""States that a job does not leave by itself."""

LOST_CODE: Final = "media.job_lost"
"""Code of a job that was given up because whoever did it ended in the middle, again and again."""
_LOST: Final = "The file could not be read: each attempt was interrupted."


class Policy(NamedTuple):
    """How patient runners are. All at least 1."""

    lease_ms: int = 30_000
    """How long a runner that is not heard of keeps others from its job."""
    attempts_max: int = 5
    backoff_ms: int = 1_000
    """Before the second attempt; doubled before each further one."""
    backoff_max_ms: int = 300_000


class Job(NamedTuple):
    """A job as stored; field order equals the columns that the statements select."""

    id: int
    asset_id: int
    kind: str
    state: str
    lease_owner: str
    """Process that does it, or did last; empty before the first."""
    lease_epoch: int
    """How often it was taken: whoever took it before must not tell anything any more."""
    lease_until_ms: int
    """Zero while nobody does it."""
    attempts: int
    """Begun so far, the one under way included."""
    due_at_ms: int
    """Not before then."""
    progress: int
    """In hundredths, as far as it is told; 100 once done."""
    error_code: str
    """Of the last attempt that failed; empty for none."""
    error_message: str
    created_at_ms: int

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED


def queued(job_id: int, asset_id: int, kind: JobKind, now_ms: int) -> Job:
    """Return a new job, due at once."""
    return Job(job_id, asset_id, kind.value, JobState.QUEUED.value, "", 0, 0, 0, now_ms, 0, "", "", now_ms)


def is_free(job: Job, now_ms: int) -> bool:
    """Return whether a runner may take a job: it is due, or whoever took it is not heard of any more."""
    if job.state == JobState.QUEUED.value:
        return job.due_at_ms <= now_ms
    return job.state == JobState.LEASED.value and job.lease_until_ms <= now_ms


def taken(job: Job, owner: str, now_ms: int, policy: Policy) -> Job:
    """Return a free job as a runner's; parked instead when as many runners as may were lost over it.

    Raises:
        ValueError: It is not free.
    """
    if not is_free(job, now_ms):
        raise ValueError(f"job {job.id} is {job.state}, and not free")
    job = job._replace(lease_epoch=job.lease_epoch + 1)
    if job.attempts >= policy.attempts_max:
        return parked(job, LOST_CODE, _LOST)
    return job._replace(
        state=JobState.LEASED.value,
        lease_owner=owner,
        lease_until_ms=now_ms + policy.lease_ms,
        attempts=job.attempts + 1,
    )


def renewed(job: Job, now_ms: int, policy: Policy) -> Job:
    """Return a job whose runner was heard of."""
    return job._replace(lease_until_ms=max(job.lease_until_ms, now_ms + policy.lease_ms))


def progressed(job: Job, progress: int) -> Job:
    """Return a job that came further; it never seems to go back, and 100 is told by `done` alone."""
    return job._replace(progress=max(job.progress, min(progress, 99)))


def done(job: Job) -> Job:
    """Return a job that is done."""
    return job._replace(state=JobState.DONE.value, lease_until_ms=0, progress=100, error_code="", error_message="")


def parked(job: Job, code: str, message: str) -> Job:
    """Return a job that is given up; `message` is for the person who uploaded."""
    return job._replace(state=JobState.PARKED.value, lease_until_ms=0, error_code=code, error_message=message)


def retried(job: Job, code: str, message: str, now_ms: int, policy: Policy, jitter: float) -> Job:
    """Return a job after an attempt that failed: due later, or parked after the last one.

    Args:
        job: As it was taken.
        code: Of the error.
        message: For the person who uploaded, should it be the last.
        now_ms: The time.
        policy: How many attempts, and how long between them.
        jitter: From 0 to 1: where in the second half of the wait, so that jobs that failed together come apart.
    """
    if job.attempts >= policy.attempts_max:
        return parked(job, code, message)
    return _waiting(job, now_ms + backoff_ms(job.attempts, policy, jitter), code, message)


def requeued(job: Job, now_ms: int) -> Job:
    """Return a parked job as if it were new, because an operator mended what was wrong.

    Raises:
        ValueError: It is not parked.
    """
    if job.state != JobState.PARKED.value:
        raise ValueError(f"job {job.id} is {job.state}, and not parked")
    return _waiting(job._replace(attempts=0), now_ms, "", "")


def put_back(job: Job, due_at_ms: int, code: str = "", message: str = "") -> Job:
    """Return a job whose attempt does not count, because the machine and not the file was at fault, or a stop."""
    return _waiting(job._replace(attempts=max(0, job.attempts - 1)), due_at_ms, code, message)


def backoff_ms(attempts: int, policy: Policy, jitter: float) -> int:
    """Return the wait after so many attempts: doubled each time up to the bound, less up to half of it by `jitter`."""
    # Bounded before it is computed: a power of any size would be a number of any size.
    doublings = min(max(0, attempts - 1), policy.backoff_max_ms.bit_length())
    wait = min(policy.backoff_max_ms, policy.backoff_ms << doublings)
    return wait // 2 + round((wait - wait // 2) * jitter)


def _waiting(job: Job, due_at_ms: int, code: str, message: str) -> Job:
    return job._replace(
        state=JobState.QUEUED.value,
        lease_until_ms=0,
        due_at_ms=due_at_ms,
        progress=0,
        error_code=code,
        error_message=message,
    )
