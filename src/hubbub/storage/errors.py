"""Everything that storage raises on purpose.

`RecordConflict` and its kin tell a service that the world was not as it assumed; a service catches them and raises an
error in its own words. The rest are the machine's bad days and go to the client as they are.
"""

from __future__ import annotations

from hubbub.kernel.errors import HubbubError, Overloaded


class RecordConflict(HubbubError):
    """A write met rows that it did not expect; the whole batch was rolled back."""

    code = "record.conflict"
    status = 409
    default_sentence = "Someone changed this at the same moment. Look again, then retry."

    def __init__(self, sentence: str | None = None, *, op_index: int = 0, constraint: str | None = None) -> None:
        """Make the error.

        Args:
            sentence: Public sentence; None takes the class's.
            op_index: Which of the batch's ops failed, from zero.
            constraint: What the database said was violated (SQLite: ``table.column, …``; PostgreSQL: the constraint's
                name); None when a row count differed.
        """
        super().__init__(sentence)
        self.op_index = op_index
        self.constraint = constraint


class UniqueViolation(RecordConflict):
    """A row with the same key or unique columns is already there."""

    code = "record.exists"


class ReferenceViolation(RecordConflict):
    """A row refers to one that is not there, or is still referred to."""

    code = "record.reference"


class UnstorableValue(HubbubError):
    """A value that no database here can hold: an integer past 64 bits, a NUL or a lone surrogate in a text."""

    code = "record.unstorable"
    status = 400
    default_sentence = "A value is outside what can be stored."


class StorageBusy(Overloaded):
    """The database is locked, or more waits for it than its bound allows; nothing of this request was written."""

    code = "storage.busy"
    default_sentence = "The database is busy. Nothing was lost; try again shortly."


class StorageFull(HubbubError):
    """The disk has no room; nothing of this request was written, and what was acknowledged before is safe."""

    code = "storage.full"
    status = 507
    default_sentence = "The server's disk is full. What was saved is safe; the operator must make room."
    report = True


class StorageUnavailable(HubbubError):
    """The database cannot be reached or read; a write cut off while committing may or may not have happened."""

    code = "storage.unavailable"
    status = 503
    default_sentence = "The database cannot be reached. Try again shortly."
    report = True


class CacheUnavailable(HubbubError):
    """The cache that several processes share cannot be reached; nothing that was acknowledged lies in it."""

    code = "cache.unavailable"
    status = 503
    default_sentence = "The shared cache cannot be reached. Try again shortly."


class ObjectMissing(HubbubError):
    """No object has this key."""

    code = "object.missing"
    status = 404
    default_sentence = "There is no such file."


class ObjectTooLarge(HubbubError):
    """A stream passed the bound that its caller set; nothing of it was kept."""

    code = "object.too_large"
    status = 413
    json_code = 40005
    default_sentence = "The file is too large."
