"""Programs of the workspace that tests run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def built(package: str) -> Path:
    """Build a package's program, unless it is built, and return where it lies."""
    command = ["cargo", "build", "--locked", "--package", package, "--message-format", "json"]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    lines = (json.loads(line) for line in told.stdout.splitlines() if '"executable":"' in line)
    return next(Path(each["executable"]) for each in lines)
