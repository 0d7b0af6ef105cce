"""When everything in the demonstration happens: one list of acts in the order of time.

Ids grow with time, so acts of different channels must be done in one order. Each conversation ends
its own while before now.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from hubbub.app.demo.world import Guild, Line, Talk, World

_MINUTE_MS = 60_000
_DAY_MINUTES = 24 * 60.0
_ARRIVAL_MINUTES = 45.0
"""How long before now administrators join: what is said later is unread to them."""


_QUIET_MINUTES = (40.0, 460.0)
"""Between two exchanges of small talk."""


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
    for guild in world.guilds:
        for talk in guild.talks:
            acts += _conversation(world, guild, talk, now_ms - round(talk.ended * _MINUTE_MS), draw_from)
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
        for exchange in draw_from.sample(world.small_talk, len(world.small_talk)):
            speakers = draw_from.sample(world.small_talkers, 2)
            minutes += draw_from.uniform(*_QUIET_MINUTES)
            for turn in reversed(range(len(exchange))):
                said.append((minutes, -1, Line(speakers[turn % 2], exchange[turn])))
                minutes += draw_from.uniform(0.5, 9)
    return [
        Say(end_ms - round(before * _MINUTE_MS), guild, talk, index, line) for before, index, line in reversed(said)
    ]
