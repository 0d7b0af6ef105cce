"""Runs `hubbub` with the packages of requirements/run.lock alone, as `make run` installs it.

    python as_installed.py up

The tests' environment holds many packages more, and some import one another when they can: a server that starts there
says nothing about one that starts elsewhere. Here those packages are not to be found.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

LOCK = Path(__file__).resolve().parents[2] / "requirements" / "run.lock"
PINNED = re.compile(r"^([\w.-]+)==", re.MULTILINE)


class Elsewhere:
    """An import finder by which the modules of all other packages do not exist."""

    def __init__(self, modules: frozenset[str]) -> None:
        self._modules = modules

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse `name` when it belongs to a package that is not in the lock."""
        if name.partition(".")[0] in self._modules:
            raise ModuleNotFoundError(f"No module named {name!r} in what requirements/run.lock installs", name=name)
        return None


def modules_elsewhere() -> frozenset[str]:
    """Return the top-level modules that only packages outside of the lock bring."""
    locked = {_normal(name) for name in PINNED.findall(LOCK.read_text())} | {"hubbub"}
    owners = importlib.metadata.packages_distributions()
    return frozenset(module for module, names in owners.items() if not locked & {_normal(name) for name in names})


def _normal(name: str) -> str:
    """Return a package's name in the one spelling that compares (PyPA, Name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.meta_path.insert(0, Elsewhere(modules_elsewhere()))
    sys.argv[0] = "hubbub"
    from hubbub.app.cli import main

    main()
