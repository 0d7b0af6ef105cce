"""PostgreSQL's errors in our words."""

from __future__ import annotations

import asyncpg
import pytest

from hubbub.storage.errors import (
    RecordConflict,
    ReferenceViolation,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    UniqueViolation,
    UnstorableValue,
)
from hubbub.storage.records.postgres.failure import may_succeed_again, translate


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (asyncpg.UniqueViolationError("twice"), UniqueViolation),
        (asyncpg.ForeignKeyViolationError("nothing there"), ReferenceViolation),
        (asyncpg.CheckViolationError("no"), RecordConflict),
        (asyncpg.NumericValueOutOfRangeError("large"), UnstorableValue),
        (asyncpg.CharacterNotInRepertoireError("nul"), UnstorableValue),
        (asyncpg.DiskFullError("full"), StorageFull),
        (asyncpg.DeadlockDetectedError("again"), StorageBusy),
        (asyncpg.LockNotAvailableError("locked"), StorageBusy),
        (asyncpg.QueryCanceledError("slow"), StorageBusy),
        (asyncpg.TooManyConnectionsError("many"), StorageBusy),
        (asyncpg.AdminShutdownError("bye"), StorageUnavailable),
        (asyncpg.CannotConnectNowError("starting"), StorageUnavailable),
        (asyncpg.ReadOnlySQLTransactionError("standby"), StorageUnavailable),
        (asyncpg.InvalidPasswordError("who"), StorageUnavailable),
        (asyncpg.InvalidCatalogNameError("where"), StorageUnavailable),
        (asyncpg.InterfaceError("closed"), StorageUnavailable),
        (ConnectionRefusedError(), StorageUnavailable),
        (TimeoutError(), StorageUnavailable),
    ],
)
def test_each_failure_has_its_kind(theirs: Exception, ours: type[Exception]) -> None:
    assert type(translate(theirs)) is ours


def test_a_mistake_in_a_statement_stays_what_it_is() -> None:
    mistake = asyncpg.UndefinedTableError("no such table")
    assert translate(mistake) is mistake


def test_a_conflict_says_which_op_it_was() -> None:
    conflict = translate(asyncpg.UniqueViolationError("twice"), 3)
    assert isinstance(conflict, UniqueViolation)
    assert conflict.op_index == 3


def test_only_lost_races_are_run_again() -> None:
    assert may_succeed_again(asyncpg.DeadlockDetectedError("again"))
    assert may_succeed_again(asyncpg.SerializationError("again"))
    assert not may_succeed_again(asyncpg.UniqueViolationError("twice"))
    assert not may_succeed_again(asyncpg.AdminShutdownError("bye"))
