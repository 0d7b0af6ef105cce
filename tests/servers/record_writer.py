"""Processes that write records until they are killed, printing the number of each write once it is acknowledged.

The program itself is only their nursery: for each line on its input, the first number to write, it forks a writer, says
``born`` with its process id, and ``dead`` once it is gone. So each life costs no start of an interpreter.

Argument: the address of the database.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, insert

from hubbub.storage.records.port import Op, OutboxEntry, Records, Statement
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.schema import BigInt, outbox_table
from hubbub.storage.records.sqlite import SqliteRecords

tables = MetaData()
outbox_table.to_metadata(tables)
writes = Table("acknowledged", tables, Column("number", BigInt, primary_key=True, autoincrement=False))
twins = Table("twin", tables, Column("number", BigInt, primary_key=True, autoincrement=False))
ADD = Statement("write.add", insert(writes))
ADD_TWIN = Statement("twin.add", insert(twins))


async def write_forever(records: Records, first: int, lane: int, lanes: int) -> None:
    """Write every `lanes`-th number from `first` on, one after the other."""
    number = first + lane
    while True:
        ops = [Op(ADD, {"number": number}), Op(ADD_TWIN, {"number": number})]
        await records.write(ops, [OutboxEntry(lane, b"%d" % number)])
        # One write call per line, so that a kill can tear no line that was begun before it.
        os.write(1, b"%d\n" % number)
        number += lanes


async def live(address: str, first: int) -> None:
    """Open the database and write in eight lanes."""
    records: Records
    if address.startswith("postgresql://"):
        records = await PostgresRecords.open(address)
    else:
        records = await SqliteRecords.open(Path(address))
    await asyncio.gather(*(write_forever(records, first, lane, 8) for lane in range(8)))


def main(address: str) -> None:
    """Fork a writer for each line, one at a time."""
    for line in sys.stdin:
        writer = os.fork()
        if writer == 0:
            try:
                asyncio.run(live(address, int(line)))
            finally:
                os._exit(1)
        os.write(1, b"born %d\n" % writer)
        os.waitpid(writer, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main(sys.argv[1])
