"""Writes the reference pages from the types they describe, or checks that they are up to date.

scripts/reference.py            writes docs/reference/{configuration,errors,cli}.md and hubbub.example.toml
scripts/reference.py --check    ends with status 1 and names the stale pages
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import typer.main

import hubbub
from hubbub.app.cli.commands import app
from hubbub.app.settings import Setting, settings
from hubbub.kernel.errors import HubbubError

ROOT = Path(__file__).resolve().parent.parent
NOTICE = "<!-- Written by `make docs` from the sources; edits here are lost. -->\n\n"


def main() -> None:
    """Write or check every page."""
    pages = {
        "docs/reference/configuration.md": configuration(),
        "docs/reference/errors.md": errors(),
        "docs/reference/cli.md": commands(),
        "hubbub.example.toml": example(),
    }
    if "--check" in sys.argv:
        stale = [
            name for name, text in pages.items() if not (ROOT / name).is_file() or (ROOT / name).read_text() != text
        ]
        for name in stale:
            print(f"{name} is not what the sources say; run `make docs` and commit it", file=sys.stderr)
        sys.exit(1 if stale else 0)
    for name, text in pages.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text)


def configuration() -> str:
    """Return the page of every setting."""
    lines = [
        "# Settings",
        "",
        NOTICE.strip(),
        "",
        "Settings come from, the last one winning: defaults, `hubbub.toml` in the working folder (or the file that",
        "`HUBBUB_CONFIG` or `--config` names), environment variables, the command line. A value that cannot work ends",
        "the start with a sentence that names the setting, where it was set, and what is accepted. A commented file",
        "with all defaults is [hubbub.example.toml](../../hubbub.example.toml).",
    ]
    for section, members in _sections():
        lines += ["", f"## `[{section}]`" if section else "## At the top of the file", ""]
        for setting in members:
            key = setting.path.rpartition(".")[2]
            lines += [f"### `{key}`", "", setting.description, ""]
            default = _literal(setting.default)
            lines += [f"- Accepted: {setting.accepted}", f"- Default: {f'`{default}`' if default else 'none'}"]
            lines += [f"- Environment: `{setting.variable}`", ""]
        lines.pop()
    return "\n".join(lines) + "\n"


def example() -> str:
    """Return a settings file with every default, commented out."""
    lines = ["# Every setting with its default. Copy to hubbub.toml and take the # from what you change.", ""]
    for section, members in _sections():
        if section:
            lines += [f"[{section}]"]
        for setting in members:
            lines += [f"# {line}" for line in _wrap(f"{setting.description} Accepted: {setting.accepted}.")]
            lines += [f"# {setting.path.rpartition('.')[2]} = {_literal(setting.default) or '…'}", ""]
    return "\n".join(lines).rstrip() + "\n"


def errors() -> str:
    """Return the page of every error code."""
    lines = [
        "# Errors",
        "",
        NOTICE.strip(),
        "",
        "REST answers an error as `{code, message, error, errors}`: `error` is the stable code of this page, `code`",
        "the Discord API's number (0 where it has none), `message` a sentence for people, and `errors` holds the",
        "fields at fault. Commands print the sentence, and with `--json` also the code.",
        "",
        "| Error | Status | Number | When | Sentence |",
        "|---|---|---|---|---|",
    ]
    for module in pkgutil.walk_packages(hubbub.__path__, "hubbub."):
        if module.name != "hubbub.__main__" and ".shims" not in module.name and ".versions" not in module.name:
            importlib.import_module(module.name) if not module.name.endswith("migrations.env") else None
    found = sorted(_subclasses(HubbubError), key=lambda error: (error.code, error.__qualname__))
    for error in found:
        when = (error.__doc__ or "").strip().partition("\n")[0]
        sentence = error.default_sentence if "default_sentence" in vars(error) else ""
        cells = (f"`{error.code}`", str(error.status), str(error.json_code), when, sentence)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Return the page of every command."""
    lines = ["# Commands", "", NOTICE.strip(), "", "`hubbub COMMAND --help` prints the same.", ""]
    root = typer.main.get_command(app)
    for path, command in _walk(root, ["hubbub"]):
        arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
        options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
        usage = " ".join([*path, *(_usage(argument) for argument in arguments), "[OPTIONS]" if options else ""]).strip()
        lines += [f"## `{' '.join(path)}`", "", command.help or "", "", f"    {usage}", ""]
        for parameter in (*arguments, *options):
            if parameter.name != "help":
                named = (
                    ", ".join(f"`{name}`" for name in parameter.opts) if parameter in options else f"`{parameter.name}`"
                )
                lines.append(
                    f"- {named.upper() if parameter in arguments else named}: {getattr(parameter, 'help', '')}"
                )
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _sections() -> list[tuple[str, list[Setting]]]:
    grouped: dict[str, list[Setting]] = {}
    for setting in settings():
        grouped.setdefault(setting.path.rpartition(".")[0], []).append(setting)
    return list(grouped.items())


def _literal(value: object) -> str:
    if value is None or value is msgspec.NODEFAULT:
        return ""
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return json.dumps(str(value) if isinstance(value, Path) else value)


def _wrap(text: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 110:  # noqa: PLR2004 - with its mark, the width of our sources
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]


def _subclasses(error: type[HubbubError]) -> set[type[HubbubError]]:
    return {error}.union(*(_subclasses(each) for each in error.__subclasses__()))


def _walk(command: Any, path: list[str]) -> Iterator[tuple[list[str], Any]]:
    """Yield each command below `command`; Typer keeps its commands' base classes to itself, hence no type."""
    if hasattr(command, "commands"):
        for name, each in sorted(command.commands.items()):
            yield from _walk(each, [*path, name])
    else:
        yield path, command


def _usage(argument: Any) -> str:
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


if __name__ == "__main__":
    main()
