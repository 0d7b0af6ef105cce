"""When everything in the demonstration happens: one list of acts in the order of time.

Ids grow with time, so acts of different channels must be done in one order. Conversations end shortly before now, each
a little earlier than the one before it in its guild.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from hubbub.app.demo.world import Guild, Line, Talk, World

_MINUTE_MS = 60_000
_DAY_MINUTES = 24 * 60.0
_ARRIVAL_MINUTES = 75.0
"""How long before now administrators join: what is said later is unread to them."""


class Say(NamedTuple):
    """A line is said."""

    at_ms: int
    guild: Guild
    talk: Talk
    place: int
    """Place of the line in its talk; -1 for small talk, which nothing answers."""
    line: Line


class Arrive(NamedTuple):
    """Administrators join every guild."""

    at_ms: int


def plan(world: World, seed: int, now_ms: int) -> list[Say | Arrive]:
    """Return every act after the guilds were founded, in the order of time."""
    draw_from = random.Random(seed)  # noqa: S311 - repeatability is wanted
    acts: list[Say | Arrive] = [Arrive(now_ms - round(_ARRIVAL_MINUTES * _MINUTE_MS))]
    for number, guild in enumerate(world.guilds):
        for number_in_guild, talk in enumerate(guild.talks):
            end_ms = now_ms - round(
                (4 + 31 * number + 17 * ((number_in_guild + len(guild.talks) - 2) % len(guild.talks))) * _MINUTE_MS
            )
            acts += _conversation(world, guild, talk, end_ms, draw_from)
    return sorted(acts, key=lambda act: act.at_ms)


def founding_ms(acts: list[Say | Arrive]) -> int:
    """Return when the guilds were made: two days before anything was said."""
    return acts[0].at_ms - round(2 * _DAY_MINUTES * _MINUTE_MS)


def _conversation(world: World, guild: Guild, talk: Talk, end_ms: int, draw_from: random.Random) -> list[Say]:
    minutes = 0.0
    said: list[tuple[float, int, Line]] = []
    for index in reversed(range(len(talk.lines))):
        said.append((minutes, index, talk.lines[index]))
        minutes += talk.lines[index].minutes
    if talk.channel == world.busiest:
        people = (guild.owner, *guild.members)
        for _ in range(world.small_talk_lines):
            minutes += draw_from.uniform(1, 240)
            said.append((minutes, -1, Line(draw_from.choice(people), draw_from.choice(world.small_talk))))
    return [
        Say(end_ms - round(before * _MINUTE_MS), guild, talk, index, line) for before, index, line in reversed(said)
    ]
