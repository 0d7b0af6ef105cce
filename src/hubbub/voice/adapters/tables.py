"""Tables of voice, one set for SQLite and PostgreSQL. Times are Unix milliseconds."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, Text

from hubbub.storage.records.schema import BigInt, metadata

voice_keys = Table(
    "voice_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("secret", Text, nullable=False),  # as it is: it signs and verifies tokens
    Column("name", Text, nullable=False),
    Column("is_own", Boolean, nullable=False),  # the key with which this installation signs its own tokens
    Column("created_at_ms", BigInt, nullable=False),
)
