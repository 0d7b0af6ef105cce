"""Whatever runners, clocks and failures do: a job has one holder at a time, and comes to an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import ENDED, LOST_CODE, Job, JobKind, JobState, Policy

POLICY = Policy(lease_ms=1000, attempts_max=4, backoff_ms=100, backoff_max_ms=3000)
JITTER = st.floats(0, 1)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "renew", "progress", "fail", "put back", "done", "refuse", "nothing"]),
        st.integers(0, 2500),
        st.integers(-50, 200),
        JITTER,
    ),
    max_size=60,
)


def fresh() -> Job:
    return jobs.queued(1, 2, JobKind.INSPECT, 0)


def stepped(job: Job, step: str, now_ms: int, amount: int, jitter: float) -> Job:
    """Return `job` after a step that its state allows; itself when it does not."""
    if step == "take":
        return jobs.taken(job, f"runner {amount}", now_ms, POLICY) if jobs.is_free(job, now_ms) else job
    if job.state != JobState.LEASED.value:
        return job
    after = {
        "renew": lambda: jobs.renewed(job, now_ms, POLICY),
        "progress": lambda: jobs.progressed(job, amount),
        "fail": lambda: jobs.retried(job, "failed", "It failed.", now_ms, POLICY, jitter),
        "put back": lambda: jobs.put_back(job, now_ms + abs(amount)),
        "done": lambda: jobs.done(job),
        "refuse": lambda: jobs.parked(job, "refused", "It is refused."),
    }.get(step)
    return job if after is None else after()


@given(STEPS)
def test_a_job_keeps_its_promises_whatever_happens_to_it(steps: list[tuple[str, int, int, float]]) -> None:
    job, now_ms = fresh(), 0
    for step, wait_ms, amount, jitter in steps:
        now_ms += wait_ms
        before = job
        job = stepped(job, step, now_ms, amount, jitter)
        if before.state in ENDED:
            assert job == before
        if step == "take" and job != before:
            assert job.lease_epoch == before.lease_epoch + 1
            assert before.state == JobState.QUEUED.value or before.lease_until_ms <= now_ms
            assert before.due_at_ms <= now_ms
        else:
            assert job.lease_epoch == before.lease_epoch
        assert 0 <= job.attempts <= POLICY.attempts_max
        assert (job.lease_until_ms == 0) == (job.state != JobState.LEASED.value)
        assert (job.progress == 100) == (job.state == JobState.DONE.value)
        assert (job.state == JobState.PARKED.value) <= bool(job.error_code and job.error_message)
        if job.state == before.state == JobState.LEASED.value and job.lease_epoch == before.lease_epoch:
            assert job.progress >= before.progress
            assert job.lease_until_ms >= before.lease_until_ms


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_lease_keeps_others_out_until_it_is_over(taken_at_ms: int, later_ms: int) -> None:
    job = jobs.taken(fresh(), "one", taken_at_ms, POLICY)
    now_ms = taken_at_ms + later_ms
    assert jobs.is_free(job, now_ms) == (later_ms >= POLICY.lease_ms)
    assert not jobs.is_free(jobs.renewed(job, now_ms, POLICY), now_ms)


@given(JITTER)
def test_a_job_that_always_fails_is_parked_with_its_last_error(jitter: float) -> None:
    job, now_ms, attempts = fresh(), 0, 0
    while job.state not in ENDED:
        now_ms = max(now_ms, job.due_at_ms)
        job = jobs.retried(jobs.taken(job, "one", now_ms, POLICY), "failed", "It failed.", now_ms, POLICY, jitter)
        attempts += 1
    assert (attempts, job.state, job.error_code) == (POLICY.attempts_max, JobState.PARKED, "failed")


def test_a_job_that_ends_each_of_its_runners_is_parked() -> None:
    job, now_ms, runners = fresh(), 0, 0
    while job.state not in ENDED:
        job = jobs.taken(job, "one", now_ms, POLICY)
        runners += job.state == JobState.LEASED.value
        now_ms = job.lease_until_ms
    assert (runners, job.state, job.error_code) == (POLICY.attempts_max, JobState.PARKED, LOST_CODE)


def test_attempts_that_do_not_count_never_park() -> None:
    job = fresh()
    for now_ms in range(POLICY.attempts_max * 3):
        job = jobs.put_back(jobs.taken(job, "one", now_ms, POLICY), now_ms + 1)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


@given(st.integers(0, 10**9), JITTER)
def test_waits_double_within_bounds(attempts: int, jitter: float) -> None:
    wait = jobs.backoff_ms(attempts, POLICY, jitter)
    assert POLICY.backoff_ms // 2 <= wait <= POLICY.backoff_max_ms
    assert wait <= jobs.backoff_ms(attempts, POLICY, 1.0) <= jobs.backoff_ms(attempts + 1, POLICY, 1.0)


@given(st.integers(1, 100), st.integers(1, 10), st.integers(1, 5000), st.integers(1, 100_000))
def test_the_bound_of_waits_is_reached_and_kept(lease: int, attempts: int, backoff: int, most: int) -> None:
    policy = Policy(lease, attempts, backoff, most)
    assert jobs.backoff_ms(100, policy, 1.0) == most
