"""Turns a bot's file into the command line and environment that run it against a Hubbub server.

The program stays its interpreter's main program and replaces this process: output, exit status, signals and terminal
are its own. Its library is pointed at the server from outside, by a module of ours that the interpreter loads first
(`shims/`), so not a byte of the program or the library changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hubbub.app.bots.errors import InterpreterMissing, LibraryMissing
from hubbub.app.bots.program import Language, Library, Program
from hubbub.app.bots.server import Server

TOKEN_VARIABLES = ("DISCORD_TOKEN", "DISCORD_BOT_TOKEN", "BOT_TOKEN", "TOKEN", "HUBBUB_TOKEN")
"""The variables under which bot programs look for their token; each is set for the program."""

_SOURCE_VARIABLES = ("HUBBUB_TOKEN", "DISCORD_TOKEN", "DISCORD_BOT_TOKEN", "BOT_TOKEN")
_SHIMS = Path(__file__).parent / "shims"
_CHECK_TIMEOUT_S = 30.0


class Launch(NamedTuple):
    """A process to become."""

    arguments: tuple[str, ...]
    environment: dict[str, str]


def choose_token(option: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the bot's token: the option's, else the first variable that holds one, else None.

    Without a token the program is started all the same: it may read one from a file of its own.
    """
    candidates = [option, *(environment.get(name) for name in _SOURCE_VARIABLES)]
    return next((candidate.strip() for candidate in candidates if candidate and candidate.strip()), None)


def plan_launch(
    program: Program,
    server: Server,
    token: str | None,
    environment: Mapping[str, str],
    *,
    interpreter: str | None = None,
    arguments: Sequence[str] = (),
) -> Launch:
    """Return how to start `program`.

    Args:
        program: The bot's file.
        server: Where its library shall connect.
        token: The bot's token; None leaves the token variables as they are.
        environment: The environment to start from.
        interpreter: Name or path of the Python or Node to use; None takes this Python, or `node` on the path.
        arguments: Further arguments for the program.

    Raises:
        InterpreterMissing: The interpreter is not there.
        LibraryMissing: The interpreter does not find the bot library that the program imports.
    """
    result = dict(environment)
    result["HUBBUB_BOT_URL"] = server.url
    result["HUBBUB_BOT_GATEWAY"] = server.gateway
    if token is not None:
        result.update(dict.fromkeys(TOKEN_VARIABLES, token))
    if program.language is Language.PYTHON:
        executable = _find(interpreter or sys.executable, "Python", "https://www.python.org/downloads/")
        shim = str(_SHIMS / "python")
        inherited = environment.get("PYTHONPATH")
        result["PYTHONPATH"] = os.pathsep.join([shim, inherited]) if inherited else shim
        command: tuple[str, ...] = (executable, str(program.path), *arguments)
        probe = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"
        check = (executable, "-c", probe)
    else:
        executable = _find(interpreter or "node", "Node", "https://nodejs.org/")
        shims = _SHIMS / "javascript"
        preload = ("--require", str(shims / "redirect.cjs"), "--import", (shims / "register.mjs").as_uri())
        command = (executable, *preload, str(program.path), *arguments)
        check = (executable, "-e", "require.resolve(process.argv[1], {paths: [process.cwd()]})")
    for library in program.libraries:
        _check_library(library, program, check)
    return Launch(command, result)


def become(launch: Launch) -> None:
    """Replace this process by the program; returns never."""
    sys.stdout.flush()
    sys.stderr.flush()
    # No shell: the arguments are a list, and the program is the one the user named.
    os.execve(launch.arguments[0], launch.arguments, launch.environment)  # noqa: S606


def _find(interpreter: str, name: str, where: str) -> str:
    """Return the full path of an interpreter."""
    found = shutil.which(interpreter)
    if found is None:
        raise InterpreterMissing(
            f"{name} ({interpreter}) is not installed here. Get it from {where} or name one with --interpreter."
        )
    return found


def _check_library(library: Library, program: Program, check: tuple[str, ...]) -> None:
    """Raise LibraryMissing unless the interpreter finds the library from the program's folder."""
    finished = subprocess.run(  # noqa: S603 - a list of arguments, run by the interpreter that the user chose
        [*check, library.module], cwd=program.path.parent, capture_output=True, timeout=_CHECK_TIMEOUT_S, check=False
    )
    if finished.returncode != 0:
        place = "" if program.language is Language.PYTHON else f" in {program.path.parent}"
        raise LibraryMissing(
            f"{program.path.name} imports {library.module}, which {check[0]} does not find. "
            f"Install it with `{library.install}`{place}, or name another interpreter with --interpreter."
        )
