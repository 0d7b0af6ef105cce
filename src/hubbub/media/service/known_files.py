"""What is known of files that are asked for often, for a few seconds: a hot address asks no table."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple, Protocol

from hubbub.kernel.clock import Clock
from hubbub.media.domain.deliverable import Deliverable

FILES_MAX: Final = 10_000
"""Files that are known at a time, of about a kilobyte each."""
KEEP_S: Final = 5.0
"""Seconds for which a file that was removed may still be delivered."""
_SEGMENTS_MAX: Final = 64
"""A file of more segments is looked up each time: its list is large, and so is what is sent of it."""


class Deliverables(Protocol):
    """Files that are ready."""

    async def find(self, asset_id: int) -> Deliverable | None:
        """Return a file; None when there is none, or it is not ready. Raises when it is kept back."""
        ...


class _Known(NamedTuple):
    file: Deliverable
    until_s: float


class KnownFiles:
    """Files that are ready, as they were a few seconds ago at most. What is not there is asked for each time."""

    def __init__(
        self, files: Deliverables, clock: Clock, *, files_max: int = FILES_MAX, keep_s: float = KEEP_S
    ) -> None:
        """Stand before `files`."""
        self._files = files
        self._clock = clock
        self._files_max = files_max
        self._keep_s = keep_s
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._forgotten = 0
        """How often something was: what was asked before is not kept any more."""

    async def find(self, asset_id: int) -> Deliverable | None:
        """Return a file; None when there is none."""
        now_s = self._clock.monotonic_s()
        known = self._known.get(asset_id)
        if known is not None and now_s < known.until_s:
            self._known.move_to_end(asset_id)
            return known.file
        forgotten = self._forgotten
        found = await self._files.find(asset_id)
        if found is None:
            self._known.pop(asset_id, None)
        elif forgotten == self._forgotten and len(found.segments) <= _SEGMENTS_MAX:
            self._known[asset_id] = _Known(found, now_s + self._keep_s)
            self._known.move_to_end(asset_id)
            while len(self._known) > self._files_max:
                self._known.popitem(last=False)
        return found

    def forget(self, asset_id: int | None = None) -> None:
        """Look a file up again, None for all."""
        self._forgotten += 1
        if asset_id is None:
            self._known.clear()
        else:
            self._known.pop(asset_id, None)
