"""Lists of columns in the order of the domain's structs, so that rows are built positionally."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Column, Table

_DERIVED = {"overwrites", "role_ids"}
"""Fields that a struct derives itself."""


def of(table: Table, into: type[msgspec.Struct]) -> list[Column[Any]]:
    """Return the columns of `table` named by the fields of `into`, in the fields' order."""
    return [table.c[field.name] for field in msgspec.structs.fields(into) if field.name not in _DERIVED]
