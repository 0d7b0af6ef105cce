"""A process that writes records until it is killed, printing the number of each write once it is acknowledged.

Arguments: the address of the database, and the first number to write.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, insert

from hubbub.storage.records.port import Op, OutboxEntry, Records, Statement
from hubbub.storage.records.schema import BigInt, outbox_table

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


async def main(address: str, first: int) -> None:
    """Open the database and write in eight lanes."""
    records: Records
    if address.startswith("postgresql://"):
        from hubbub.storage.records.postgres import PostgresRecords

        records = await PostgresRecords.open(address)
    else:
        from hubbub.storage.records.sqlite import SqliteRecords

        records = await SqliteRecords.open(Path(address))
    os.write(1, b"ready\n")
    await asyncio.gather(*(write_forever(records, first, lane, 8) for lane in range(8)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
