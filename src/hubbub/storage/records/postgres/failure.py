"""PostgreSQL's and asyncpg's errors in our words."""

from __future__ import annotations

import asyncpg
from asyncpg import exceptions as pg

from hubbub.storage.errors import (
    RecordConflict,
    ReferenceViolation,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    UniqueViolation,
    UnstorableValue,
)

_CONFLICTS: tuple[tuple[type[Exception], type[RecordConflict]], ...] = (
    (pg.UniqueViolationError, UniqueViolation),
    (pg.ForeignKeyViolationError, ReferenceViolation),
    (pg.RestrictViolationError, ReferenceViolation),
    (pg.IntegrityConstraintViolationError, RecordConflict),
)

_KINDS: tuple[tuple[tuple[type[BaseException], ...], type[Exception]], ...] = (
    # What the driver refuses to encode comes as an InterfaceError that is a ValueError; what the server refuses, as
    # its class 22. Both are about a value.
    ((pg.DataError, pg.ProgramLimitExceededError, UnicodeEncodeError, OverflowError), UnstorableValue),
    ((pg.DiskFullError,), StorageFull),
    (
        (pg.LockNotAvailableError, pg.TransactionRollbackError, pg.QueryCanceledError, pg.TooManyConnectionsError),
        StorageBusy,
    ),
    (
        (
            pg.PostgresConnectionError,
            pg.OperatorInterventionError,
            pg.InsufficientResourcesError,
            pg.PostgresIOError,
            pg.ReadOnlySQLTransactionError,
            pg.InvalidAuthorizationSpecificationError,
            pg.InvalidCatalogNameError,
            pg.InternalClientError,
            asyncpg.InterfaceError,
            OSError,
            TimeoutError,
        ),
        StorageUnavailable,
    ),
)


def translate(error: Exception, op_index: int = 0) -> Exception:
    """Return our error for one of the driver's; a mistake in a statement comes back as it is."""
    for theirs, conflict in _CONFLICTS:
        if isinstance(error, theirs):
            return conflict(op_index=op_index, constraint=getattr(error, "constraint_name", None))
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError):
        return UnstorableValue()
    for kinds, ours in _KINDS:
        if isinstance(error, kinds):
            return ours()
    return error


def may_succeed_again(error: Exception) -> bool:
    """Return whether the transaction lost a race that it may win when run anew, such as a deadlock."""
    return isinstance(error, pg.TransactionRollbackError)
