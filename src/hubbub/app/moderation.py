"""Files that are kept back, where media meets the community: who sent them, where they are shown, and who is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from hubbub.app.house import House
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.service.match_list import MatchList
from hubbub.media.service.quarantine import Quarantine, QuarantinePorts


def quarantine_of(house: House, forget: Callable[[int], Awaitable[object]] | None = None) -> Quarantine:
    """Return the quarantine of a house; `forget` drops what a server holds rendered of a file."""
    awaited = house.community.awaited_files
    new_id = SnowflakeGenerator(house.clock, house.config.node).next
    ports = QuarantinePorts(
        records=house.records,
        objects=house.objects,
        clock=house.clock,
        next_id=new_id,
        matches=MatchList(house.records, house.clock, new_id),
        distance_max=house.config.media.match_distance_max,
        reconsider=awaited.reconsidering,
        changed=lambda asset_id: awaited.expect([asset_id]),
    )
    return Quarantine(ports, forget)
