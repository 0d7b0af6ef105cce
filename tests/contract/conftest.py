"""What the suites share that hold on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hubbub.app.migrations import migrate
from hubbub.storage.records.port import Records
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.sqlite import SqliteRecords


@pytest.fixture(params=["sqlite", "postgresql"])
async def migrated_records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    """Records of each database in turn, with every table; whoever takes them closes them."""
    if request.param == "sqlite":
        path = tmp_path / "records.db"
        await asyncio.to_thread(migrate, f"sqlite:///{path}")
        return await SqliteRecords.open(path)
    url = request.getfixturevalue("postgres_url")
    await asyncio.to_thread(migrate, url)
    return await PostgresRecords.open(url)
