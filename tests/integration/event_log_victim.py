"""Appends and commits until it is killed; started by test_event_log_kill.

For every line on standard input one child is forked (a fork spares the imports), which opens the log in the folder
named as the first argument. Every line it prints was true, by the log's word, before it was printed:

    PID <pid>
    A <partition> <offset> <value>    acknowledged
    C <partition> <offset>            committed
    END                               the child is dead
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from hubbub.events.log import Record
from hubbub.events.log.embedded import Config, EmbeddedLog

CONFIG = Config(group_commit_ms=1, segment_bytes=16 * 1024, index_bytes=512)


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


async def append(log: EmbeddedLog, name: str, draw: random.Random) -> None:
    turn = 0
    while True:
        values = [f"{name}:{turn + ahead}" for ahead in range(draw.randint(1, 5))]
        turn += len(values)
        key = b"%d" % draw.randrange(8)
        records = [Record(value.encode().ljust(draw.randint(0, 400)), key) for value in values]
        positions = await log.append("t", records)
        for value, (partition, offset) in zip(values, positions, strict=True):
            say(f"A {partition} {offset} {value}")


async def consume(log: EmbeddedLog) -> None:
    consumer = await log.consumer(["t"], group="g")
    while True:
        await consumer.poll(50, timeout_s=60)
        positions = consumer.positions
        await consumer.commit(positions)
        for (_, partition), offset in positions.items():
            say(f"C {partition} {offset}")


async def live(root: Path, life: str) -> None:
    log = await EmbeddedLog.open(root, CONFIG)
    await log.create_topic("t", partitions=2)
    draw = random.Random(life)
    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(append(log, f"{life}:{number}", draw))
        tasks.create_task(consume(log))


def main() -> None:
    for life in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(live(Path(sys.argv[1]), life.strip()))
        say(f"PID {child}")
        os.waitpid(child, 0)
        say("END")


if __name__ == "__main__":
    main()
