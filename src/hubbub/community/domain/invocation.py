"""A member's use of a command: its values are held against the command's options.

Source: Discord API documentation, "Application Command Interaction Data Option Structure".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from hubbub.community.domain import command as commands
from hubbub.community.domain.form import Problems
from hubbub.events.contracts import objects

Value = str | int | float | bool

_MENTIONING = (commands.USER_OPTION, commands.CHANNEL, commands.ROLE, commands.MENTIONABLE)


class ValueForm(msgspec.Struct):
    """A value as the invoking client gives it; a subcommand or group carries further values instead."""

    name: str
    type: int | None = None
    value: Value | None = None
    options: list[ValueForm] | None = None


class Named:
    """Ids of the users, roles and channels that an invocation names, for the caller to look up."""

    __slots__ = ("channels", "mentionables", "roles", "users")

    def __init__(self) -> None:
        """Begin without ids. Each maps an id to the path of the field that named it first."""
        self.users: dict[int, str] = {}
        self.roles: dict[int, str] = {}
        self.channels: dict[int, tuple[str, list[int] | None]] = {}
        self.mentionables: dict[int, str] = {}


def bind(
    options: Sequence[objects.CommandOption], values: Sequence[ValueForm], problems: Problems
) -> tuple[list[objects.InteractionOption], Named]:
    """Return the values in wire form, with what they name; what does not fit the options is noted in `problems`."""
    named = Named()
    return _bind(options, values, "options", problems, named), named


def full_name(name: str, options: Sequence[objects.InteractionOption]) -> str:
    """Return the command's name with the subcommand group and subcommand that were chosen."""
    parts = [name]
    while options and options[0].type in (commands.SUB_COMMAND, commands.SUB_COMMAND_GROUP):
        parts.append(options[0].name)
        options = options[0].options or []
    return " ".join(parts)


def _bind(
    options: Sequence[objects.CommandOption],
    values: Sequence[ValueForm],
    path: str,
    problems: Problems,
    named: Named,
) -> list[objects.InteractionOption]:
    known: Mapping[str, objects.CommandOption] = {option.name: option for option in options}
    nesting = bool(options) and options[0].type in (commands.SUB_COMMAND, commands.SUB_COMMAND_GROUP)
    if nesting and len(values) != 1:
        problems.add(path, "APPLICATION_COMMAND_SUBCOMMAND_REQUIRED", "Choose exactly one subcommand.")
        return []
    bound: list[objects.InteractionOption] = []
    given: set[str] = set()
    for index, value in enumerate(values[: commands.OPTIONS_MAX]):
        here = f"{path}.{index}"
        option = known.get(value.name)
        if option is None or value.name in given:
            sentence = "The command has no such option, or it was given twice. Reload the command and try again."
            problems.add(f"{here}.name", "APPLICATION_COMMAND_OPTION_UNKNOWN", sentence)
            continue
        given.add(value.name)
        if nesting:
            inner = _bind(option.options or [], value.options or [], f"{here}.options", problems, named)
            bound.append(objects.InteractionOption(name=option.name, type=option.type, options=inner))
        else:
            accepted = _accept(option, value.value, f"{here}.value", problems, named)
            if accepted is not None:
                bound.append(objects.InteractionOption(name=option.name, type=option.type, value=accepted))
    for option in options:
        if option.required is True and option.name not in given:
            problems.add(f"{path}.{option.name}", "BASE_TYPE_REQUIRED", f"The option {option.name!r} is required.")
    return bound


def _accept(
    option: objects.CommandOption, value: Value | None, path: str, problems: Problems, named: Named
) -> Value | None:
    """Return the value as its option's type, or None after noting why it does not fit."""
    if option.type == commands.BOOLEAN:
        accepted: Value | None = value if isinstance(value, bool) else None
    elif option.type == commands.STRING:
        accepted = _accept_text(option, value, path, problems)
    elif option.type in (commands.INTEGER, commands.NUMBER):
        accepted = _accept_number(option, value, path, problems)
    elif option.type in _MENTIONING:
        accepted = _accept_id(option, value, path, named)
    else:
        problems.add(path, "APPLICATION_COMMAND_OPTION_UNSUPPORTED", "Files cannot be given to a command here yet.")
        return None
    if accepted is None and not any(problem.path == path for problem in problems.found):
        problems.add(path, "APPLICATION_COMMAND_OPTION_VALUE_INVALID", "The value does not fit the option's type.")
    if accepted is not None and option.choices and all(choice.value != accepted for choice in option.choices):
        problems.add(path, "APPLICATION_COMMAND_OPTION_CHOICE_INVALID", "Choose one of the values offered.")
        return None
    return accepted


def _accept_text(option: objects.CommandOption, value: Value | None, path: str, problems: Problems) -> str | None:
    if not isinstance(value, str):
        return None
    least = option.min_length if option.min_length is not UNSET else 0
    most = option.max_length if option.max_length is not UNSET else commands.STRING_LENGTH_MAX
    if not least <= len(value) <= most:
        problems.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        return None
    return value


def _accept_number(
    option: objects.CommandOption, value: Value | None, path: str, problems: Problems
) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if option.type == commands.INTEGER and not isinstance(value, int):
        if not value.is_integer():
            return None
        value = int(value)
    least = option.min_value if option.min_value is not UNSET else -commands.INTEGER_MAX
    most = option.max_value if option.max_value is not UNSET else commands.INTEGER_MAX
    if not least <= value <= most:
        problems.add(path, "NUMBER_TYPE_MAX", f"Must be between {least} and {most}.")
        return None
    return value


def _accept_id(option: objects.CommandOption, value: Value | None, path: str, named: Named) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or not 0 < int(text) < 1 << 63:
        return None
    target = int(text)
    if option.type == commands.USER_OPTION:
        named.users.setdefault(target, path)
    elif option.type == commands.ROLE:
        named.roles.setdefault(target, path)
    elif option.type == commands.CHANNEL:
        types = option.channel_types if option.channel_types is not UNSET else None
        named.channels.setdefault(target, (path, types))
    else:
        named.mentionables.setdefault(target, path)
    return str(target)


class InvokeForm(msgspec.Struct, kw_only=True):
    """A member's use of a command as their client gives it."""

    application_id: int
    channel_id: int
    command_id: int
    guild_id: int | None = None
    options: list[ValueForm] | None = None
    target_id: int | None = None
    """The user or message that a context menu command is used on."""
    nonce: str | int | None = None
