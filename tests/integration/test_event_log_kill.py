"""Killing a real process at any instant loses nothing that it was told is kept."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubbub.events.log import Reset, TopicPartition
from hubbub.events.log.embedded import EmbeddedLog

VICTIM = Path(__file__).with_name("event_log_victim.py")
KILLS = 48
LIFE_S_MAX = 0.12


class Promises:
    """Everything that the killed processes said."""

    def __init__(self) -> None:
        self.acknowledged: dict[tuple[int, int], str] = {}
        self.committed: dict[int, int] = {}

    def hear(self, line: str) -> None:
        match line.split():
            case ["A", partition, offset, value]:
                place = (int(partition), int(offset))
                assert place not in self.acknowledged, "an offset was given twice"
                self.acknowledged[place] = value
            case ["C", partition, offset]:
                self.committed[int(partition)] = int(offset)


def kill_one(victim: subprocess.Popen[str], life: int, seconds: float, promises: Promises) -> None:
    victim.stdin.write(f"{life}\n")
    victim.stdin.flush()
    said = victim.stdout.readline().split()
    while said[0] != "PID":  # the child may speak before its parent
        promises.hear(" ".join(said))
        said = victim.stdout.readline().split()
    time.sleep(seconds)  # the instant itself is what is drawn; nothing is waited for
    os.kill(int(said[1]), signal.SIGKILL)
    for line in victim.stdout:
        if line.strip() == "END":
            return
        promises.hear(line)
    pytest.fail("the victim's parent ended")


async def check(root: Path, promises: Promises) -> None:
    log = await EmbeddedLog.open(root)
    try:
        if "t" not in await log.topics():
            assert not promises.acknowledged
            return
        consumer = await log.consumer(["t"], reset=Reset.ERROR)
        for partition in consumer.assignment:
            await consumer.seek(partition, 0)
        found: dict[tuple[int, int], str] = {}
        while records := await consumer.poll(10_000):
            for record in records:
                found[record.partition, record.offset] = record.value.decode().strip()
        for partition in (0, 1):
            high = (await log.watermarks(TopicPartition("t", partition))).high
            assert [offset for at, offset in found if at == partition] == list(range(high)), "a gap, or out of order"
        lost = {place: value for place, value in promises.acknowledged.items() if found.get(place) != value}
        assert not lost
        assert len(set(found.values())) == len(found), "a record is there twice"
        last_turn: dict[tuple[int, str], int] = {}
        for (partition, _), value in found.items():
            caller, _, turn = value.rpartition(":")
            assert last_turn.get((partition, caller), -1) < int(turn), "a caller's records changed their order"
            last_turn[partition, caller] = int(turn)
        kept = await (await log.consumer(["t"], group="g")).committed()
        for partition, offset in promises.committed.items():
            name = TopicPartition("t", partition)
            assert offset <= kept[name] <= (await log.watermarks(name)).high
            promises.committed[partition] = kept[name]
    finally:
        await log.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path / "log"


@pytest.fixture
def victim(root: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(VICTIM), str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


async def test_nothing_acknowledged_is_lost_by_killing_the_process_at_any_instant(root, victim):
    draw = random.Random(20_260_101)
    promises = Promises()
    for life in range(KILLS):
        kill_one(victim, life, draw.uniform(0, LIFE_S_MAX), promises)
        await check(root, promises)
    assert len(promises.acknowledged) > 10 * KILLS, "the victims hardly wrote"
    assert sum(promises.committed.values()) > KILLS, "the victims hardly committed"
