"""Tables of assets, of what holds them, of what was made of them, and of the work on them.

Ids are snowflakes, times Unix milliseconds. The bytes of an asset are the segments of its upload.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text

from hubbub.storage.records.schema import BigInt, metadata

media_assets = Table(
    "media_assets",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("upload_id", BigInt, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size_bytes", BigInt, nullable=False),
    Column("blake3", LargeBinary),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("duration_ms", BigInt, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("alpha", Boolean, nullable=False),
    Column("thumbhash", LargeBinary),
    Column("error_code", Text, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("holders", Integer, nullable=False),  # rows of media_references; counted here, so that the last is known
    Column("created_at_ms", BigInt, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("storage_class", Text, nullable=False, server_default="hot"),
    Column("seen_day", Integer, nullable=False, server_default="0"),  # days since 1970
    Column("released_at_ms", BigInt, nullable=False, server_default="0"),
    Index("media_assets_holders", "holders"),
    Index("media_assets_owner", "owner", "size_bytes"),
    Index("media_assets_seen", "storage_class", "seen_day"),
    Index("media_assets_upload_id", "upload_id"),
)

media_references = Table(
    "media_references",
    metadata,
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),
    Column("holder", Text, primary_key=True),  # who needs it: upload/ID, later attachment/ID and others
    Column("created_at_ms", BigInt, nullable=False),
    sqlite_with_rowid=False,
)

media_derived = Table(
    "media_derived",
    metadata,
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("storage_class", Text, primary_key=True),
    Column("object_key", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInt, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
    Index("media_derived_object_key", "object_key"),
    sqlite_with_rowid=False,
)

media_cold = Table(
    "media_cold",
    metadata,
    Column("upload_id", BigInt, primary_key=True, autoincrement=False),  # whose segments it stands for
    Column("object_key", Text, nullable=False),
    Column("size_bytes", BigInt, nullable=False),  # of the original
    Column("stored_bytes", BigInt, nullable=False),
    Column("blake3", LargeBinary, nullable=False),  # of the original
    Column("created_at_ms", BigInt, nullable=False),
    Index("media_cold_object_key", "object_key"),
)

media_waveforms = Table(
    "media_waveforms",
    metadata,
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),
    Column("points", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

media_plays = Table(
    "media_plays",
    metadata,
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),
    Column("plays", BigInt, nullable=False),  # how often streams of it were begun
    Column("is_refined", Boolean, nullable=False),  # whether the job was queued that makes them better
    sqlite_with_rowid=False,
)

media_jobs = Table(
    "media_jobs",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("asset_id", BigInt, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("lease_epoch", BigInt, nullable=False),
    Column("lease_until_ms", BigInt, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at_ms", BigInt, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("error_code", Text, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
    Index("media_jobs_asset_id", "asset_id"),
    Index("media_jobs_due", "state", "due_at_ms"),
    Index("media_jobs_lease", "state", "lease_until_ms"),
)

media_figures = Table(
    "media_figures",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since 1970
    Column("what", Text, primary_key=True),
    Column("happening", Text, primary_key=True),
    Column("amount", BigInt, nullable=False),  # of all processes together
    sqlite_with_rowid=False,
)

media_secrets = Table(
    "media_secrets",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),  # the highest signs, the one before is still good
    Column("secret", LargeBinary, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
)
