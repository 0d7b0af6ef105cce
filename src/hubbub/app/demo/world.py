"""Who lives in the demonstration: the types of `world.toml`, which holds the texts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who writes."""

    username: str
    name: str
    bio: str
    bot: bool = False
    face: int = 0
    """Another number draws another face."""
    status: Literal["online", "idle", "dnd"] | None = None
    """How they appear while `hubbub demo --live` runs; None: not at all."""


class Embed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bot shows instead of plain text."""

    title: str
    description: str
    colour: int
    fields: tuple[tuple[str, str], ...] = ()
    """Each a name and a value, side by side."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message of a conversation."""

    author: str
    text: str = ""
    minutes: float = 1.0
    """Minutes since the line before."""
    replies_to: int | None = None
    """Index of the line it answers, in the same conversation."""
    picture: str | None = None
    """A kind of picture that goes with it, see `pictures.KINDS`."""
    reactions: tuple[str, ...] = ()
    """Emojis, repeated once for each person who gives them; a custom one is in colons."""
    pinned: bool = False
    first: str | None = None
    """What it said before its author edited it."""
    embed: Embed | None = None


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text channel and what was said in it."""

    channel: str
    topic: str
    category: str
    ended: float
    """Minutes since its last line."""
    lines: tuple[Line, ...]


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role and who has it."""

    name: str
    colour: int
    members: tuple[str, ...]


class Guild(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A guild."""

    name: str
    owner: str
    members: tuple[str, ...]
    emojis: tuple[str, ...]
    """Names of custom emojis, see `signs.EMOJIS`."""
    emblem: str
    """The one that its icon shows."""
    voice: tuple[str, ...]
    """Names of voice channels."""
    roles: tuple[Role, ...]
    talks: tuple[Talk, ...]


class Whisper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A direct message to the first administrator."""

    author: str
    text: str
    minutes: float
    """Minutes since the one before."""
    picture: str | None = None


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    people: tuple[Person, ...]
    guilds: tuple[Guild, ...]
    whispers: tuple[Whisper, ...]
    busiest: str
    """Channel whose conversation is preceded by small talk, so that there is something to scroll through."""
    small_talkers: tuple[str, ...]
    """Who has been there for so long."""
    small_talk: tuple[tuple[str, ...], ...]
    """Short exchanges: what two or three people say in turn."""


def load() -> World:
    """Return the world of `world.toml`."""
    return msgspec.toml.decode((Path(__file__).parent / "world.toml").read_bytes(), type=World)
