"""Mentions: which users and roles a message's content names, and which of them its author lets it reach.

Source: Discord API documentation, "Message Formatting" and "Allowed Mentions Object".
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from hubbub.community.domain.form import Problems

ALLOWED_IDS_MAX = 100
"""Ids that one `allowed_mentions` list may hold, as documented."""

_MENTION = re.compile(r"<@(!?|&)([0-9]{15,20})>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")
_CODE = re.compile(r"```.*?```|``.+?``|`[^`\n]+`", re.DOTALL)
_KINDS = ("roles", "users", "everyone")
_ID_MAX = (1 << 63) - 1


class AllowedMentions(msgspec.Struct):
    """A request's own limits on whom its message reaches."""

    parse: list[str] | None = None
    roles: list[int] | None = None
    users: list[int] | None = None
    replied_user: bool | None = None

    def check(self, path: str, problems: Problems) -> None:
        """Note every rule that this object breaks."""
        parse = self.parse or []
        for index, kind in enumerate(parse):
            problems.choice(f"{path}.parse.{index}", kind, _KINDS)
        for name, ids in (("roles", self.roles), ("users", self.users)):
            if not ids:
                continue
            problems.count(f"{path}.{name}", len(ids), ALLOWED_IDS_MAX)
            if name in parse:
                sentence = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
                problems.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", sentence)


EVERYTHING = AllowedMentions(parse=["users", "roles", "everyone"], replied_user=True)
"""What an ordinary message may reach when its request sets no limits."""

USERS_ONLY = AllowedMentions(parse=["users"], replied_user=True)
"""What an answer to an interaction may reach when its request sets no limits."""


class Mentions(NamedTuple):
    """Whom a message's content reaches."""

    user_ids: tuple[int, ...] = ()
    """In order of appearance, each once."""
    role_ids: tuple[int, ...] = ()
    everyone: bool = False


NOBODY = Mentions()


def named_in(content: str, allowed: AllowedMentions) -> Mentions:
    """Return whom `content` names among those that `allowed` lets through; code spans name nobody.

    Permissions and existence are the caller's to check.
    """
    if "@" not in content:
        return NOBODY
    if "`" in content:
        content = _CODE.sub(" ", content)
    parse = allowed.parse or ()
    every_user, every_role = "users" in parse, "roles" in parse
    users, roles = allowed.users or (), allowed.roles or ()
    user_ids: dict[int, None] = {}
    role_ids: dict[int, None] = {}
    for kind, digits in _MENTION.findall(content):
        target = int(digits)
        if target > _ID_MAX:
            continue
        if kind == "&":
            if every_role or target in roles:
                role_ids[target] = None
        elif every_user or target in users:
            user_ids[target] = None
    everyone = "everyone" in parse and _EVERYONE.search(content) is not None
    return Mentions(tuple(user_ids), tuple(role_ids), everyone)
