"""What every suite shares: real database servers, started once per test session when first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, groupby, zip_longest
from pathlib import Path

import pytest

from engines.postgres import PostgresServer, running_postgres
from engines.seaweed import SeaweedServer, running_seaweed
from engines.valkey import ValkeyServer, running_valkey

HERE = Path(__file__).parent

# Some two hundred processes are started here; each that finds compiled modules is ready a quarter of a second earlier.
os.environ["PYTHONPYCACHEPREFIX"] = str(HERE.parent / "build" / "bytecode")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with browsers, which compute, take turns with those that wait for servers and bots; short ones end.

    With `--no-loadscope-reorder` each goes to whichever worker is idle, so that all of them end at the same time.
    """
    files = [list(of_file) for _, of_file in groupby(items, key=lambda item: item.path)]

    def under(folder: str) -> list[list[pytest.Item]]:
        return [file for file in files if file[0].path.is_relative_to(HERE / folder)]

    turns = list(chain.from_iterable(zip_longest(under("browser"), under("integration"), fillvalue=[])))
    placed = set(map(id, turns))
    items[:] = chain.from_iterable([*turns, *(file for file in files if id(file) not in placed)])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this session's own."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty PostgreSQL database of this test's own."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[SeaweedServer]:
    """An S3 server of this session's own."""
    with running_seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A Valkey of this session's own."""
    with running_valkey() as server:
        yield server
