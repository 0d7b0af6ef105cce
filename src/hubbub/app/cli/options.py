"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hubbub.app.config import Config
from hubbub.app.settings import load

AsJson = Annotated[bool, typer.Option("--json", help="Print the facts as JSON, for programs.")]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file; hubbub.toml in this folder is read without asking.")
]
DataOption = Annotated[str | None, typer.Option("--data", help="Data folder, as HUBBUB_DATA.")]


def settings_from(file: Path | None, **flags: object) -> Config:
    """Return the settings of a command; `flags` are those given on its command line."""
    return load(file, os.environ, flags)
