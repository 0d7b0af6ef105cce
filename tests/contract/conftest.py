"""What the suites share that hold on both databases: records with every table, and the objects that belong to them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engines.postgres import PostgresServer
from engines.seaweed import SeaweedServer
from hubbub.app.migrations import migrate
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.sqlite import SqliteRecords


def _migrate(url: str) -> None:
    """Migrate on a thread: the first test to ask may be inside an event loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(migrate, url).result()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table; to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "records.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a PostgreSQL database with every table; to be cloned."""
    name = postgres_server.create_database()
    _migrate(postgres_server.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
async def migrated_records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Records]:
    """Records of each database in turn, with every table; whoever takes them closes them."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "records.db")
        yield await SqliteRecords.open(Path(path))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = await asyncio.to_thread(server.create_database, request.getfixturevalue("migrated_database"))
    yield await PostgresRecords.open(server.url(name))
    await asyncio.to_thread(server.drop_database, name)


@pytest.fixture
def migrated_objects(request: pytest.FixtureRequest, migrated_records: Records, tmp_path: Path) -> Objects:
    """What is kept beside `migrated_records`: a folder with SQLite, a real S3 with PostgreSQL."""
    if isinstance(migrated_records, SqliteRecords):
        return Objects.on_disk(tmp_path / "objects")
    server: SeaweedServer = request.getfixturevalue("s3_server")
    return Objects.in_s3(f"s3://{server.bucket}/{tmp_path.name}", server.settings)
