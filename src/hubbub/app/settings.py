"""Reads settings: defaults, then `hubbub.toml`, then the environment, then the command line; the last one wins.

Each value is checked where it was written, so that a bad one names itself, its source and what is accepted.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import msgspec
from msgspec import inspect as types

from hubbub.app.config import DERIVED, Config
from hubbub.kernel.errors import Misconfigured

FILE_NAME = "hubbub.toml"
FILE_VARIABLE = "HUBBUB_CONFIG"
PREFIX = "HUBBUB_"


class Setting(NamedTuple):
    """One leaf of the configuration."""

    path: str
    """Dotted key, e.g. ``gateway.sessions_max``."""
    type: Any
    """Annotated Python type."""
    default: object
    description: str

    @property
    def variable(self) -> str:
        """Name of its environment variable."""
        return PREFIX + self.path.replace(".", "_").upper()

    @property
    def accepted(self) -> str:
        """What it accepts, as the end of a sentence."""
        return _accepted(types.type_info(self.type))


class _Field(NamedTuple):
    name: str
    type: Any
    default: object


def settings(section: type = Config, prefix: str = "") -> Iterator[Setting]:
    """Yield every setting of `section` in the order it is declared; `prefix` is the section's path with a final dot."""
    described = _attribute_docstrings(section)
    for field in _fields(section):
        path = prefix + field.name
        if _is_section(field.type):
            yield from settings(field.type, path + ".")
        elif path not in DERIVED:
            yield Setting(path, field.type, field.default, described.get(field.name, ""))


def load(file: Path | None, environ: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Config:
    """Return the settings of this process.

    Args:
        file: The settings file; None looks at `HUBBUB_CONFIG`, then for `hubbub.toml` in the working folder.
        environ: The environment.
        flags: Values given on the command line, by path.

    Raises:
        Misconfigured: A value or a key cannot work.
    """
    known = {setting.path: setting for setting in settings()}
    values: dict[str, _Value] = {}
    named = file or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)
    chosen = named or Path(FILE_NAME)
    if named is not None or chosen.is_file():
        for path, value in _from_file(chosen, known):
            values[path] = _convert(known[path], value, f"{path} in {chosen}", strict=True)
    for setting in known.values():
        if setting.variable in environ:
            values[setting.path] = _convert(setting, environ[setting.variable], setting.variable, strict=False)
    for path, value in (flags or {}).items():
        if value is not None:
            values[path] = _convert(known[path], value, f"--{path.replace('_', '-')}", strict=False)
    try:
        config: Config = _build(Config, values)
    except Misconfigured as problem:
        # A package's own check knows the setting, not who set it.
        sources = [value.source for path, value in values.items() if _is_named(path, problem.sentence)]
        raise Misconfigured(" ".join([problem.sentence, *(f"It was set by {source}." for source in sources)])) from None
    return config


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each HUBBUB_ variable that is close to a setting's name without being one."""
    known = [setting.variable for setting in settings()]
    sentences = []
    for name in sorted(environ):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if name.startswith(PREFIX) and name not in known and near:
            sentences.append(f"The environment sets {name}, which is no setting; did you mean {near[0]}?")
    return sentences


def _is_named(path: str, sentence: str) -> bool:
    """Return whether a check is about a setting; a name without a dot is a common word unless it comes first."""
    if "." not in path:
        return re.match(rf"{path}(?![.\w])", sentence) is not None
    return re.search(rf"(?<![.\w]){re.escape(path)}(?!\.?\w)", sentence) is not None


class _Value(NamedTuple):
    value: object
    source: str


def _fields(section: type) -> list[_Field]:
    """Return the fields of a struct or a dataclass: packages choose either."""
    hints = get_type_hints(section, include_extras=True)
    if dataclasses.is_dataclass(section):
        return [_Field(field.name, hints[field.name], field.default) for field in dataclasses.fields(section)]
    return [_Field(field.name, hints[field.name], field.default) for field in msgspec.structs.fields(section)]


def _is_section(kind: Any) -> bool:
    return inspect.isclass(kind) and (dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct))


def _build(section: type, values: Mapping[str, _Value], prefix: str = "") -> Any:
    built: dict[str, object] = {}
    for field in _fields(section):
        path = prefix + field.name
        if _is_section(field.type):
            built[field.name] = _build(field.type, values, path + ".")
        elif path in values:
            built[field.name] = values[path].value
    return section(**built)


def _from_file(file: Path, known: Mapping[str, Setting]) -> Iterator[tuple[str, object]]:
    try:
        document = tomllib.loads(file.read_text())
    except OSError as problem:
        raise Misconfigured(f"The settings file {file} cannot be read: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"The settings file {file} is not TOML: {problem}.") from problem
    yield from _leaves(document, file, known)


def _leaves(
    table: Mapping[str, object], file: Path, known: Mapping[str, Setting], prefix: str = ""
) -> Iterator[tuple[str, object]]:
    sections = {path[: index + 1] for path in known for index, letter in enumerate(path) if letter == "."}
    for key, value in table.items():
        path = prefix + key
        if path in known:
            yield path, value
        elif f"{path}." in sections and isinstance(value, dict):
            yield from _leaves(value, file, known, path + ".")
        elif f"{path}." in sections:
            raise Misconfigured(
                f"{path} in {file} is {value!r}; accepted is a section: write [{path}], settings below it."
            )
        else:
            near = difflib.get_close_matches(path, [*known, *(name.rstrip(".") for name in sections)], n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise Misconfigured(f"{file} sets {path}, which is no setting{hint}")


def _convert(setting: Setting, value: object, source: str, *, strict: bool) -> _Value:
    if not strict and isinstance(value, str) and isinstance(types.type_info(setting.type), types.VarTupleType):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        converted = msgspec.convert(value, setting.type, strict=strict, dec_hook=_decode)
    except msgspec.ValidationError as problem:
        raise Misconfigured(f"{source} is {value!r}; accepted is {setting.accepted}.") from problem
    return _Value(converted, source)


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError(f"expected {kind.__name__}")


def _accepted(kind: types.Type) -> str:  # noqa: PLR0911 - one line per kind of value reads best
    match kind:
        case types.Metadata(type=inner, extra_json_schema=extra):
            return str(extra["description"]) if extra and "description" in extra else _accepted(inner)
        case types.UnionType(types=members):
            some = [_accepted(member) for member in members if not isinstance(member, types.NoneType)]
            return " or ".join(some)
        case types.LiteralType(values=values):
            return "one of " + ", ".join(map(str, values))
        case types.BoolType():
            return "true or false"
        case types.IntType() | types.FloatType():
            return ("a whole number" if isinstance(kind, types.IntType) else "a number") + _bounds(kind)
        case types.CustomType():
            return "a path"
        case types.ListType(item_type=item) | types.VarTupleType(item_type=item):
            return f"a list of: {_accepted(item)}"
        case _:
            return "text"


def _bounds(kind: types.IntType | types.FloatType) -> str:
    low, high = kind.ge, kind.le
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of {low} or more"
    return f" above {kind.gt}" if kind.gt is not None else ""


def _attribute_docstrings(section: type) -> dict[str, str]:
    """Return the text below each field in the source of `section`, on one line."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(section))).body[0]
    described: dict[str, str] = {}
    name = ""
    for statement in getattr(tree, "body", []):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and name:
            described[name] = " ".join(str(statement.value.value).split())
            name = ""
        else:
            name = ""
    return described
