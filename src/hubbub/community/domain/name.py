"""Rules for what people, guilds, channels, roles and emojis may be called."""

from __future__ import annotations

import re
import unicodedata

from hubbub.community.domain.form import Problems

USERNAME_LENGTH_MIN = 2
_USERNAME = re.compile(rf"[a-z0-9_.]{{{USERNAME_LENGTH_MIN},32}}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
_EMOJI = re.compile(r"[A-Za-z0-9_]{2,32}")
_SPACES = re.compile(r"\s+")
_DASHES = re.compile(r"-{2,}")
_RESERVED = frozenset({"everyone", "here", "system", "deleted_user", "hubbub", "admin"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = "\u200c\u200d\ufe0f"
"""Format characters that emoji and some scripts are written with."""

PASSWORD_LENGTH_MIN = 8
PASSWORD_LENGTH_MAX = 256
DISPLAY_NAME_MAX = 32
BIO_MAX = 190


def clean(text: str) -> str:
    """Return `text` without characters that cannot be seen, its runs of white space made one space."""
    kept = (c for c in text if c in _JOINERS or c.isspace() or unicodedata.category(c) not in _INVISIBLE)
    return _SPACES.sub(" ", "".join(kept)).strip()


def username(problems: Problems, text: str, path: str = "username") -> str:
    """Return the username in the form that is kept (lower case), noting what is wrong with it."""
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not _USERNAME.fullmatch(name) or ".." in name:
        problems.add(
            path,
            "USERNAME_INVALID",
            "Use 2 to 32 lower-case letters, digits, dots and underscores, without two dots in a row.",
        )
    elif is_reserved(name):
        problems.add(path, "USERNAME_RESERVED", "This name is reserved. Choose another.")
    return name


def is_reserved(name: str) -> bool:
    """Return whether nobody may take `name`, because it means something already."""
    return name in _RESERVED


def password(problems: Problems, text: str, of_username: str, path: str = "password") -> None:
    """Note a password that is too short, too long, or the username itself."""
    if not PASSWORD_LENGTH_MIN <= len(text) <= PASSWORD_LENGTH_MAX:
        problems.add(
            path, "PASSWORD_LENGTH", f"Use {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters for a password."
        )
    elif text.lower() == of_username:
        problems.add(path, "PASSWORD_GUESSABLE", "A password must differ from the username.")


def email(problems: Problems, text: str, path: str = "email") -> str:
    """Return the address in lower case, noting one that cannot be one."""
    address = text.strip().lower()
    if not _EMAIL.fullmatch(address):
        problems.add(path, "EMAIL_INVALID", "This is not an e-mail address.")
    return address


def within(problems: Problems, text: str, path: str, *, minimum: int, maximum: int) -> str:
    """Return `text` cleaned, noting when it then has fewer than `minimum` or more than `maximum` characters."""
    name = clean(text)
    problems.length(path, name, maximum, minimum)
    return name


def text(problems: Problems, given: str, path: str, maximum: int) -> str:
    """Return a text of several lines as it is kept, noting one of more than `maximum` characters."""
    kept = given.replace("\0", "").strip()
    problems.length(path, kept, maximum)
    return kept


def channel(problems: Problems, text: str, *, is_text: bool, path: str = "name") -> str:
    """Return a channel's name; a text channel's is in lower case with dashes for spaces."""
    name = clean(text)
    if is_text:
        name = _DASHES.sub("-", name.lower().replace(" ", "-")).strip("-") or name
    problems.length(path, name, 100, 1)
    return name


def emoji(problems: Problems, text: str, path: str = "name") -> str:
    """Return an emoji's name, noting one that cannot be written between colons."""
    if not _EMOJI.fullmatch(text):
        problems.add(path, "STRING_TYPE_REGEX", "Use 2 to 32 letters, digits and underscores.")
    return text
