"""Streams at `/media/streams`, as an ASGI application.

| Address | Methods |
|---|---|
| `/media/streams/{asset_id}/{end}-{signature}/{name}` | OPTIONS, GET, HEAD |

Headers, ranges and conditions are those of files (`api/delivery.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from hubbub.kernel.clock import Clock
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.api.delivery import DeliveryPages, joined, query_of
from hubbub.media.errors import AssetUnknown
from hubbub.media.service.deliver import Deliveries, Opened
from hubbub.media.service.keys import MediaKeys
from hubbub.media.service.streams import PATH, Streams

if TYPE_CHECKING:
    from litestar.types import HTTPScope

_ONE: Final = re.compile(rf"{PATH}/(\d{{1,19}})/([0-9a-f]{{1,12}}-[0-9a-f]{{64}})/([\w.]{{1,64}})", re.ASCII)


class StreamPages(DeliveryPages):
    """The HTTP face of streams."""

    template = f"{PATH}/{{asset_id}}/{{signature}}/{{name}}"
    delivers = "stream"

    def __init__(self, streams: Streams, deliveries: Deliveries, keys: MediaKeys, clock: Clock) -> None:
        """Answer from `streams`, whose bytes `deliveries` reads."""
        super().__init__(deliveries, keys, clock)
        self._streams = streams

    @staticmethod
    @override
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return path.startswith(f"{PATH}/")

    @override
    async def opened(self, scope: HTTPScope) -> Opened:
        found = _ONE.fullmatch(scope["path"])
        if found is None or int(found[1]) > SNOWFLAKE_MAX:
            raise AssetUnknown
        accept = joined(scope["headers"]).get("accept")
        return await self._streams.open(int(found[1]), found[2], found[3], query_of(scope["query_string"]), accept)
