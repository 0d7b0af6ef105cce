"""Tables of what pictures look like, of what is not wanted, and of what was kept back because of it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from hubbub.storage.records.schema import BigInt, metadata

media_hashes = Table(
    "media_hashes",
    metadata,
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),
    Column("pdq", LargeBinary, nullable=False),  # 32 bytes
    Column("quality", Integer, nullable=False),  # 0 to 100
    Column("checked_version", BigInt, nullable=False),  # of the list that it was compared with last
    Index("media_hashes_checked", "checked_version", "asset_id"),
)

media_matches = Table(
    "media_matches",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("pdq", LargeBinary, nullable=False, unique=True),  # 32 bytes
    Column("label", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at_ms", BigInt, nullable=False),
)

media_match_versions = Table(
    "media_match_versions",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("version", BigInt, nullable=False),  # goes up with each change of the list
    Column("rescan_version", BigInt, nullable=False),  # files compared with an older list are compared again
)

media_cases = Table(
    "media_cases",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("asset_id", BigInt, nullable=False),
    Column("state", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("entry_pdq", LargeBinary, nullable=False),
    Column("asset_pdq", LargeBinary, nullable=False),
    Column("distance", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size_bytes", BigInt, nullable=False),
    Column("found_at_ms", BigInt, nullable=False),
    Column("decided_at_ms", BigInt, nullable=False),
    Column("decided_by", Text, nullable=False),
    Index("media_cases_asset", "asset_id"),
    Index("media_cases_state", "state", "id"),
)
