"""The base of every wire object."""

from __future__ import annotations

import msgspec

Snowflake = str
"""A 64-bit id as a decimal string."""


class Wire(msgspec.Struct, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Base of wire objects; unknown fields fail, so that a contract cannot drift unseen."""
