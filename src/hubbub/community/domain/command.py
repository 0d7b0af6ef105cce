"""Application commands as a bot registers them: names, options, choices and their documented limits.

Source: Discord API documentation, "Application Commands".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.domain.form import Problems
from hubbub.events.contracts import objects

CHAT_INPUT = 1
USER = 2
MESSAGE = 3
SLASH_MAX = 100
"""Slash commands that an application may have in one scope (global, or one guild)."""
CONTEXT_MAX = 15
"""User commands, and as many message commands, in one scope."""
OPTIONS_MAX = 25
CHOICES_MAX = 25
NAME_MAX = 32
DESCRIPTION_MAX = 100
CHOICE_NAME_MAX = 100
CHOICE_VALUE_MAX = 100
STRING_LENGTH_MAX = 6_000
INTEGER_MAX = (1 << 53) - 1
"""Largest integer that a JSON number carries everywhere; its negative is the smallest."""

SUB_COMMAND = 1
SUB_COMMAND_GROUP = 2
STRING = 3
INTEGER = 4
BOOLEAN = 5
USER_OPTION = 6
CHANNEL = 7
ROLE = 8
MENTIONABLE = 9
NUMBER = 10
ATTACHMENT = 11

_OPTION_TYPES = tuple(range(1, 12))
_NESTING = (SUB_COMMAND, SUB_COMMAND_GROUP)
_CHOOSABLE = (STRING, INTEGER, NUMBER)
_CONTEXTS = (0, 1, 2)
_INTEGRATION_TYPES = (0, 1)
_BITS_MAX = (1 << 63) - 1
_TOTAL_MAX = 8_000
"""Characters of all names, descriptions and values of one command."""

_LOCALE_NAMES = (
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN ja "
    "zh-TW ko"
)
LOCALES = frozenset(_LOCALE_NAMES.split())
"""Languages that localisations may name. Source: Discord API documentation, "Locales"."""

Localizations = dict[str, str] | UnsetType | None


class ChoiceForm(msgspec.Struct):
    """One value that an option offers."""

    name: str
    value: str | int | float
    name_localizations: Localizations = UNSET


class OptionForm(msgspec.Struct):
    """A parameter, a subcommand or a group."""

    type: int
    name: str
    description: str
    name_localizations: Localizations = UNSET
    description_localizations: Localizations = UNSET
    required: bool | None = None
    choices: list[ChoiceForm] | None = None
    options: list[OptionForm] | None = None
    channel_types: list[int] | None = None
    min_value: int | float | None = None
    max_value: int | float | None = None
    min_length: int | None = None
    max_length: int | None = None
    autocomplete: bool | None = None


class CommandForm(msgspec.Struct):
    """A command as a request gives it. For a change, what is UNSET stays; for a new one it takes the default."""

    id: int | str | UnsetType | None = UNSET
    name: str | UnsetType = UNSET
    type: int | UnsetType | None = UNSET
    name_localizations: Localizations = UNSET
    description: str | UnsetType | None = UNSET
    description_localizations: Localizations = UNSET
    options: list[OptionForm] | UnsetType | None = UNSET
    default_member_permissions: str | int | UnsetType | None = UNSET
    dm_permission: bool | UnsetType | None = UNSET
    default_permission: bool | UnsetType | None = UNSET
    nsfw: bool | UnsetType | None = UNSET
    integration_types: list[int] | UnsetType | None = UNSET
    contexts: list[int] | UnsetType | None = UNSET


def check(form: CommandForm, kind: int, problems: Problems, *, path: str = "", is_new: bool = True) -> None:
    """Note every documented rule that `form`, of command type `kind`, breaks.

    Args:
        form: The command, or the change of one.
        kind: Type of the command that results.
        problems: Where to note them.
        path: Dotted path of the command with a trailing dot; empty at the top.
        is_new: Whether the required fields must be there.
    """
    problems.choice(f"{path}type", kind, (CHAT_INPUT, USER, MESSAGE))
    if form.name is UNSET:
        if is_new:
            problems.add(f"{path}name", "BASE_TYPE_REQUIRED", "This field is required.")
    elif kind == CHAT_INPUT:
        _check_name(form.name, f"{path}name", problems)
    else:
        problems.length(f"{path}name", form.name.strip(), NAME_MAX, minimum=1)
    _check_description(form, kind, problems, path, is_new=is_new)
    _check_localizations(
        form.name_localizations, f"{path}name_localizations", NAME_MAX, problems, slash=kind == CHAT_INPUT
    )
    _check_localizations(form.description_localizations, f"{path}description_localizations", DESCRIPTION_MAX, problems)
    if form.options:
        if kind == CHAT_INPUT:
            check_options(form.options, f"{path}options", problems)
        else:
            sentence = "Context menu commands cannot have options"
            problems.add(f"{path}options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", sentence)
    _check_scope(form, path, problems)
    if not problems.found and isinstance(form.name, str) and _weight(form) > _TOTAL_MAX:
        sentence = f"Command exceeds maximum size ({_TOTAL_MAX})"
        problems.add(f"{path}name", "APPLICATION_COMMAND_TOO_LARGE", sentence)


def check_options(options: Sequence[OptionForm], path: str, problems: Problems, depth: int = 0) -> None:
    """Note every rule that a list of options breaks; `depth` counts the levels above it."""
    problems.count(path, len(options), OPTIONS_MAX)
    names: set[str] = set()
    has_optional = False
    nesting = bool(options) and options[0].type in _NESTING
    for index, option in enumerate(options[:OPTIONS_MAX]):
        here = f"{path}.{index}"
        if option.name in names:
            sentence = f"Option name {option.name!r} already exists in this command"
            problems.add(f"{here}.name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", sentence)
        names.add(option.name)
        if (option.type in _NESTING) != nesting:
            sentence = "Sub-command and sub-command group option types are mutually exclusive to all other types"
            problems.add(f"{here}.type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", sentence)
        if option.required and has_optional:
            sentence = "Required options must be placed before non-required options"
            problems.add(f"{here}.required", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", sentence)
        has_optional = has_optional or not option.required
        _check_option(option, here, problems, depth)


def to_options(forms: Sequence[OptionForm]) -> list[objects.CommandOption]:
    """Return the wire form of checked options."""
    return [_to_option(form) for form in forms]


def _to_option(form: OptionForm) -> objects.CommandOption:
    option = objects.CommandOption(
        type=form.type,
        name=form.name,
        description=form.description,
        name_localizations=form.name_localizations or None,
        description_localizations=form.description_localizations or None,
    )
    if form.type not in _NESTING:
        option.required = bool(form.required)
    if form.choices:
        option.choices = [
            objects.CommandChoice(name=c.name, value=c.value, name_localizations=c.name_localizations or None)
            for c in form.choices
        ]
    if form.options is not None or form.type in _NESTING:
        option.options = to_options(form.options or [])
    if form.channel_types:
        option.channel_types = form.channel_types
    for name in ("min_value", "max_value", "min_length", "max_length"):
        value = getattr(form, name)
        if value is not None:
            setattr(option, name, value)
    if form.autocomplete:
        option.autocomplete = True
    return option


def _check_option(option: OptionForm, path: str, problems: Problems, depth: int) -> None:
    problems.choice(f"{path}.type", option.type, _OPTION_TYPES)
    _check_name(option.name, f"{path}.name", problems)
    problems.length(f"{path}.description", option.description.strip(), DESCRIPTION_MAX, minimum=1)
    _check_localizations(option.name_localizations, f"{path}.name_localizations", NAME_MAX, problems, slash=True)
    _check_localizations(
        option.description_localizations, f"{path}.description_localizations", DESCRIPTION_MAX, problems
    )
    if option.type in _NESTING:
        _check_nested(option, path, problems, depth)
        return
    if option.options:
        problems.add(
            f"{path}.options", "APPLICATION_COMMAND_OPTIONS_NESTED", "Only subcommands and groups hold options."
        )
    if option.choices:
        if option.autocomplete:
            sentence = "Autocomplete cannot be enabled when choices are given"
            problems.add(f"{path}.autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", sentence)
        _check_choices(option, f"{path}.choices", problems)
    _check_bounds(option, path, problems)


def _check_nested(option: OptionForm, path: str, problems: Problems, depth: int) -> None:
    """Note what is wrong with a subcommand or a group: groups hold subcommands, these hold parameters, no deeper."""
    inner = option.options or []
    if option.type == SUB_COMMAND_GROUP and depth > 0:
        problems.add(f"{path}.type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "A group cannot be inside of another.")
        return
    if option.required:
        problems.add(f"{path}.required", "APPLICATION_COMMAND_REQUIRED", "A subcommand or group cannot be required.")
    for index, child in enumerate(inner):
        holds_right = child.type == SUB_COMMAND if option.type == SUB_COMMAND_GROUP else child.type not in _NESTING
        if not holds_right:
            sentence = "A group holds subcommands, a subcommand holds parameters."
            problems.add(f"{path}.options.{index}.type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", sentence)
            return
    check_options(inner, f"{path}.options", problems, depth + 1)


def _check_choices(option: OptionForm, path: str, problems: Problems) -> None:
    choices = option.choices or []
    problems.count(path, len(choices), CHOICES_MAX)
    if option.type not in _CHOOSABLE:
        problems.add(path, "APPLICATION_COMMAND_CHOICES_TYPE", "Only strings, integers and numbers take choices.")
        return
    names: set[str] = set()
    for index, choice in enumerate(choices[:CHOICES_MAX]):
        problems.length(f"{path}.{index}.name", choice.name.strip(), CHOICE_NAME_MAX, minimum=1)
        if choice.name in names:
            sentence = "Choice names must be unique."
            problems.add(f"{path}.{index}.name", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", sentence)
        names.add(choice.name)
        _check_localizations(choice.name_localizations, f"{path}.{index}.name_localizations", CHOICE_NAME_MAX, problems)
        value = choice.value
        if option.type == STRING:
            if not isinstance(value, str):
                problems.add(f"{path}.{index}.value", "STRING_TYPE_CONVERT", "Must be a string.")
            else:
                problems.length(f"{path}.{index}.value", value, CHOICE_VALUE_MAX, minimum=1)
        elif isinstance(value, str) or (option.type == INTEGER and not isinstance(value, int)):
            problems.add(f"{path}.{index}.value", "NUMBER_TYPE_COERCE", "Must be a number of the option's type.")
        elif not -INTEGER_MAX <= value <= INTEGER_MAX:
            problems.add(f"{path}.{index}.value", "NUMBER_TYPE_MAX", "Must be between -2^53 and 2^53.")


def _check_bounds(option: OptionForm, path: str, problems: Problems) -> None:
    for low_name, low, high_name, high, types in (
        ("min_value", option.min_value, "max_value", option.max_value, (INTEGER, NUMBER)),
        ("min_length", option.min_length, "max_length", option.max_length, (STRING,)),
    ):
        if low is None and high is None:
            continue
        if option.type not in types:
            name = low_name if low is not None else high_name
            problems.add(
                f"{path}.{name}", "APPLICATION_COMMAND_OPTION_BOUND", "This type of option takes no such bound."
            )
        elif low is not None and high is not None and low > high:
            problems.add(f"{path}.{low_name}", "APPLICATION_COMMAND_OPTION_BOUND", f"Must not exceed {high_name}.")
    for name, length in (("min_length", option.min_length), ("max_length", option.max_length)):
        if length is not None and not (name == "max_length") <= length <= STRING_LENGTH_MAX:
            problems.add(f"{path}.{name}", "NUMBER_TYPE_MAX", f"Must be between 0 and {STRING_LENGTH_MAX}.")
    if option.channel_types and option.type != CHANNEL:
        problems.add(f"{path}.channel_types", "APPLICATION_COMMAND_OPTION_BOUND", "Only channel options take these.")


def _check_scope(form: CommandForm, path: str, problems: Problems) -> None:
    """Note what is wrong with whom the command is for, and where."""
    permissions = form.default_member_permissions
    if isinstance(permissions, str | int) and not 0 <= parse_bits(permissions) <= _BITS_MAX:
        sentence = "Must be a decimal number of permission bits in a string."
        problems.add(f"{path}default_member_permissions", "BITFIELD_TYPE_INVALID", sentence)
    for name, values, accepted in (
        ("contexts", form.contexts, _CONTEXTS),
        ("integration_types", form.integration_types, _INTEGRATION_TYPES),
    ):
        for index, value in enumerate(values or []):
            problems.choice(f"{path}{name}.{index}", value, accepted)


def parse_bits(permissions: str | int) -> int:
    """Return permission bits given as a number or in a string, -1 when they are neither."""
    if isinstance(permissions, int):
        return permissions
    digits = permissions.isascii() and permissions.isdigit() and len(permissions) <= len(str(_BITS_MAX))
    return int(permissions) if digits else -1


def _check_description(form: CommandForm, kind: int, problems: Problems, path: str, *, is_new: bool) -> None:
    text = form.description or ""
    if kind != CHAT_INPUT:
        if text:
            sentence = "Context menu commands cannot have description"
            problems.add(f"{path}description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", sentence)
    elif form.description is UNSET:
        if is_new:
            problems.add(f"{path}description", "BASE_TYPE_REQUIRED", "This field is required.")
    else:
        problems.length(f"{path}description", text.strip(), DESCRIPTION_MAX, minimum=1)


def _check_name(name: str, path: str, problems: Problems) -> None:
    if not is_name(name):
        sentence = "Use 1 to 32 letters, digits, '-', '_' or an apostrophe; letters in lower case."
        problems.add(path, "APPLICATION_COMMAND_INVALID_NAME", sentence)


def is_name(name: str) -> bool:
    """Return whether `name` fits a slash command or an option."""
    return 1 <= len(name) <= NAME_MAX and name == name.lower() and all(_is_name_character(c) for c in name)


def _is_name_character(character: str) -> bool:
    if character in "-_'":
        return True
    # Devanagari and Thai write vowels as combining marks, so their whole blocks are let in.
    in_script = "\u0900" <= character <= "\u097f" or "\u0e00" <= character <= "\u0e7f"
    return in_script or unicodedata.category(character)[0] in "LN"


def _check_localizations(
    values: Localizations, path: str, maximum: int, problems: Problems, *, slash: bool = False
) -> None:
    for locale, text in (values or {}).items():
        if locale not in LOCALES:
            problems.add(f"{path}.{locale}", "BASE_TYPE_CHOICES", "Not one of the documented locales.")
        if slash:
            _check_name(text, f"{path}.{locale}", problems)
        else:
            problems.length(f"{path}.{locale}", text.strip(), maximum, minimum=1)


def _weight(form: CommandForm) -> int:
    """Return the characters of all names, descriptions and choices of the command."""
    return len(form.name or "") + len(form.description or "") + sum(_option_weight(o) for o in form.options or [])


def _option_weight(option: OptionForm) -> int:
    own = len(option.name) + len(option.description)
    own += sum(len(choice.name) + len(str(choice.value)) for choice in option.choices or [])
    return own + sum(_option_weight(inner) for inner in option.options or [])
