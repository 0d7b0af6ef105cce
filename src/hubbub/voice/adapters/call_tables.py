"""Tables of calls, for the call inspector. Ids are snowflakes, times Unix milliseconds.

A minute of a stay is one row, its samples and moments as msgpack, compressed: docs/adr says why. Opinions are in
thousandths.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from hubbub.storage.records.schema import BigInt, metadata

calls = Table(
    "calls",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("room_sid", Text, nullable=False),
    Column("room", Text, nullable=False),  # the room's name, by which clients join
    Column("title", Text, nullable=False),  # what people call it: a channel's name, else the room's
    Column("guild_id", BigInt),
    Column("channel_id", BigInt),
    Column("guild_name", Text, nullable=False),
    Column("node_id", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("began_at_ms", BigInt, nullable=False),
    Column("seen_at_ms", BigInt, nullable=False),  # when it was last written; the end of one whose process was killed
    Column("ended_at_ms", BigInt),  # null while it lasts
    Column("stays", Integer, nullable=False),
    Column("people_peak", Integer, nullable=False),
    Column("worst_mos", Integer, nullable=False),  # thousandths; 0 when unknown
    Column("cause", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("search", Text, nullable=False),  # title, guild, room and everybody's names, folded
    Index("calls_ended_at_ms", "ended_at_ms"),
    Index("calls_worst_mos", "worst_mos"),
)

call_stays = Table(
    "call_stays",
    metadata,
    Column("call_id", BigInt, primary_key=True, autoincrement=False),
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("participant_sid", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("client", Text, nullable=False),  # SDK, browser and system, in words
    Column("remote", Text, nullable=False),  # address and port last seen
    Column("protocol", Text, nullable=False),  # udp, tcp, or empty
    Column("began_at_ms", BigInt, nullable=False),
    Column("connected_at_ms", BigInt),
    Column("ended_at_ms", BigInt),
    Column("left_because", Text, nullable=False),
    Column("is_publisher", Boolean, nullable=False),
    Column("tracks", LargeBinary, nullable=False),  # msgpack list of TrackNote
    Column("digest", LargeBinary, nullable=False),  # msgpack Digest
    sqlite_with_rowid=False,
)

call_minutes = Table(
    "call_minutes",
    metadata,
    Column("call_id", BigInt, primary_key=True, autoincrement=False),
    Column("stay_id", BigInt, primary_key=True, autoincrement=False),
    Column("at_ms", BigInt, primary_key=True, autoincrement=False),  # where the minute begins
    Column("document", LargeBinary, nullable=False),  # Minute: msgpack, zstd
    Index("call_minutes_at_ms", "at_ms"),
    sqlite_with_rowid=False,
)
