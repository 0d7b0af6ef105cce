"""Refuses lock files that name where a package was fetched from.

A lock pins what is installed, by hash. Naming a host beside it would tie every checkout to the mirror of whoever wrote
the lock last.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"\b[a-z+]+://[^\s\"']+")


def main() -> None:
    """End with status 1 and one line per finding when a lock names a host."""
    found = [*_python_locks(), *_node_locks()]
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(1 if found else 0)


def _python_locks() -> Iterator[str]:
    for lock in sorted(ROOT.glob("requirements/*.lock")):
        for number, line in enumerate(lock.read_text().splitlines(), 1):
            if match := ADDRESS.search(line):
                yield f"{lock.relative_to(ROOT)}:{number} names a host: {match[0]}"


def _node_locks() -> Iterator[str]:
    folders = (path for path in ROOT.glob("**/package-lock.json") if "node_modules" not in path.parts)
    for lock in sorted(folders):
        for name, package in json.loads(lock.read_text())["packages"].items():
            if ADDRESS.search(str(package.get("resolved", ""))):
                yield (
                    f"{lock.relative_to(ROOT)} names a host for {name}: {package['resolved']}\n"
                    "  write it anew with omit-lockfile-registry-resolved=true in .npmrc"
                )


if __name__ == "__main__":
    main()
