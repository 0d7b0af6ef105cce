"""What a process can be: everything, or media alone beside others that share its records and objects."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hubbub.app.config import Config
from hubbub.app.errors import UnknownRole
from hubbub.kernel.errors import Misconfigured

ROLES: Final = ("api", "gateway", "media")
"""Every role. `api` and `gateway` only run together, and with `media`, which may run alone as well."""


def check_roles(roles: str | None) -> Collection[str]:
    """Return the roles that are asked for, parted by commas; None asks for all.

    Raises:
        UnknownRole: This version does not have one of them, or not without the others.
    """
    if roles is None:
        return ROLES
    asked = [role.strip() for role in roles.split(",") if role.strip()]
    for role in asked:
        if role not in ROLES:
            raise UnknownRole(f"There is no role called {role!r}; this version has {', '.join(ROLES)}.")
    if set(asked) not in ({"media"}, set(ROLES)):
        raise UnknownRole(
            "This version runs all its roles in one process, or media alone: leave --roles out, or ask for media."
        )
    return asked


def shares(config: Config) -> bool:
    """Return whether a process of media alone keeps its records and files where others see them.

    Raises:
        Misconfigured: Others would see one of the two, which is worth nothing to them without the other.
    """
    own = {"records": config.records == "sqlite", "objects": config.objects == "disk"}
    if len(set(own.values())) == 1:
        return not own["records"]
    setting = next(name for name, is_own in own.items() if is_own)
    raise Misconfigured(
        f"{setting} is {getattr(config, setting)!r}, in this process's own data folder; media alone either shares"
        " records and objects with the other processes, or neither (docs/how-to/scale-storage.md)."
    )
