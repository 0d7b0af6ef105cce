"""Who lives in the demonstration: the types of `world.toml`, which holds the texts."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who writes."""

    username: str
    name: str
    bio: str


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message of a conversation."""

    author: str
    text: str
    minutes: float = 1.0
    """Minutes since the line before."""
    replies_to: int | None = None
    """Index of the line it answers, in the same conversation."""
    picture: str | None = None
    """A kind of picture that goes with it, see `pictures.KINDS`."""
    reactions: tuple[str, ...] = ()
    """Emojis, repeated once for each person who gives them; a custom one is in colons."""
    pinned: bool = False


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text channel and what was said in it."""

    channel: str
    topic: str
    category: str
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
    """Names of custom emojis, see `pictures.EMOJIS`."""
    voice: tuple[str, ...]
    """Names of voice channels."""
    roles: tuple[Role, ...]
    talks: tuple[Talk, ...]


class Whisper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A direct message to the first administrator."""

    author: str
    text: str


class World(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything."""

    people: tuple[Person, ...]
    guilds: tuple[Guild, ...]
    whispers: tuple[Whisper, ...]
    busiest: str
    """Channel whose conversation is preceded by small talk, so that there is something to scroll through."""
    small_talk: tuple[str, ...]
    small_talk_lines: int


def load() -> World:
    """Return the world of `world.toml`."""
    return msgspec.toml.decode((Path(__file__).parent / "world.toml").read_bytes(), type=World)
