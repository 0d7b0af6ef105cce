"""Tables of uploads and of the keys that may make them. Ids are snowflakes, times Unix milliseconds.

The bytes of an upload are its segments in order; two uploads may name one object, as a final upload and its part do.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from hubbub.storage.records.schema import BigInt, metadata

media_keys = Table(
    "media_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),  # SHA-256: the secret is 256 random bits
    Column("name", Text, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
)

media_uploads = Table(
    "media_uploads",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("owner", Text, nullable=False),
    Column("asset_id", BigInt),  # null for a partial upload
    Column("state", Text, nullable=False),
    Column("length_bytes", BigInt),  # null while it is not told
    Column("offset_bytes", BigInt, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("metadata", Text, nullable=False),
    Column("concat", Text, nullable=False),
    Column("blake3", LargeBinary),
    Column("created_at_ms", BigInt, nullable=False),
    Column("expires_at_ms", BigInt, nullable=False),
    Column("lease_epoch", BigInt, nullable=False),
    Column("lease_until_ms", BigInt, nullable=False),
    Column("lease_node", Text, nullable=False),
    Index("media_uploads_owner", "owner", "state"),
    Index("media_uploads_state", "state", "expires_at_ms"),
)

media_segments = Table(
    "media_segments",
    metadata,
    Column("upload_id", BigInt, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),  # place in the upload, from zero
    Column("object_key", Text, nullable=False),
    Column("size_bytes", BigInt, nullable=False),
    Index("media_segments_object_key", "object_key"),
    sqlite_with_rowid=False,
)

media_leftovers = Table(
    "media_leftovers",
    metadata,
    Column("folder", Text, primary_key=True),  # of objects, of which those go that no segment names
    Column("due_at_ms", BigInt, nullable=False),
    Index("media_leftovers_due_at_ms", "due_at_ms"),
)
