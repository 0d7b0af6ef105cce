"""What every suite shares: real database servers, started once per test session when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines.postgres import PostgresServer, running_postgres
from engines.seaweed import SeaweedServer, running_seaweed


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
