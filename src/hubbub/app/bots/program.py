"""What kind of program a bot's file is, and which bot library it needs."""

from __future__ import annotations

import ast
import re
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from hubbub.app.bots.errors import ProgramMissing, ProgramUnknown


class Language(Enum):
    """The languages whose bot libraries Hubbub can point at itself."""

    PYTHON = "Python"
    JAVASCRIPT = "JavaScript"


class Library(NamedTuple):
    """A bot library: the name that programs import, and the command that installs it."""

    module: str
    install: str


_LIBRARIES: dict[Language, tuple[Library, ...]] = {
    Language.PYTHON: (Library("discord", "pip install discord.py"), Library("hikari", "pip install hikari")),
    Language.JAVASCRIPT: (Library("discord.js", "npm install discord.js"),),
}
_LANGUAGES = {
    ".py": Language.PYTHON,
    ".js": Language.JAVASCRIPT,
    ".mjs": Language.JAVASCRIPT,
    ".cjs": Language.JAVASCRIPT,
}
# `require("discord.js")`, `from "discord.js"`, `import("discord.js")`: a look at the text is enough for a hint, and a
# library reached in another way is still redirected; only the early, kinder error is lost.
_JAVASCRIPT_IMPORT = re.compile(r"""(?:require\s*\(\s*|from\s+|import\s*\(\s*|import\s+)["']([^"']+)["']""")


class Program(NamedTuple):
    """A bot program on disk."""

    path: Path
    language: Language
    libraries: tuple[Library, ...]
    """The bot libraries that this very file imports; empty when it imports them through other files."""


def read_program(path: Path) -> Program:
    """Return what the file at `path` is.

    Raises:
        ProgramMissing: There is no such file.
        ProgramUnknown: It is neither Python nor JavaScript by its name.
    """
    if not path.is_file():
        raise ProgramMissing(f"There is no file {path}. Give the path of your bot's program.")
    language = _LANGUAGES.get(path.suffix.lower())
    if language is None:
        endings = ", ".join(_LANGUAGES)
        raise ProgramUnknown(
            f"{path.name} is neither a Python nor a JavaScript program by its name; accepted are {endings}. "
            "Compile TypeScript first and run the result."
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    imported = _python_imports(text) if language is Language.PYTHON else set(_JAVASCRIPT_IMPORT.findall(text))
    libraries = tuple(library for library in _LIBRARIES[language] if library.module in imported)
    return Program(path.resolve(), language, libraries)


def _python_imports(text: str) -> set[str]:
    """Return the top-level modules that a Python text imports; none when it does not parse.

    A program with a syntax error is started all the same: the interpreter says where the error is better than we could.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names
