from __future__ import annotations

import threading

import pytest

from hubbub.events.log.embedded.committer import GroupCommitter
from hubbub.events.log.errors import LogClosed, LogOverloaded


class Slow:
    """A disk that writes when told to."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.busy = threading.Event()
        self.go = threading.Event()

    def __call__(self, group: list[int]) -> None:
        self.busy.set()
        assert self.go.wait(10)
        self.groups.append(group)


def test_what_comes_while_the_disk_is_busy_goes_as_one_group():
    disk = Slow()
    committer = GroupCommitter("test", disk, group_weight=100, queue_weight_max=100)
    committer.submit(0, 1)
    assert disk.busy.wait(10)
    for number in range(1, 10):
        committer.submit(number, 1)
    disk.go.set()
    committer.close()
    assert disk.groups == [[0], list(range(1, 10))]


def test_a_group_waits_for_company_but_not_when_it_is_heavy():
    disk = Slow()
    disk.go.set()
    committer = GroupCommitter("test", disk, linger_s=3600, group_weight=3, queue_weight_max=100)
    committer.submit(1, 1)
    committer.submit(2, 1)
    assert not disk.busy.wait(0.01)
    committer.submit(3, 1)
    assert disk.busy.wait(10)
    committer.submit(4, 1)
    committer.close()
    assert disk.groups == [[1, 2, 3], [4]]


def test_a_full_queue_refuses_and_recovers():
    disk = Slow()
    committer = GroupCommitter("test", disk, group_weight=1, queue_weight_max=10)
    committer.submit(0, 10)
    assert disk.busy.wait(10)
    committer.submit(1, 10)
    with pytest.raises(LogOverloaded) as caught:
        committer.submit(2, 1)
    assert caught.value.retry_after_s == 1.0
    disk.go.set()
    committer.close()
    assert disk.groups == [[0], [1]]
    with pytest.raises(LogClosed):
        committer.submit(3, 1)


def test_the_chore_is_done_between_groups():
    done = threading.Event()
    committer = GroupCommitter(
        "test", lambda _group: None, group_weight=1, queue_weight_max=1, chore=done.set, chore_every_s=0.001
    )
    assert done.wait(10)
    committer.close()
