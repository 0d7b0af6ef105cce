"""What a participant may do inside a room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a track comes from, by the names that tokens use."""

    UNKNOWN = "unknown"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN_SHARE = "screen_share"
    SCREEN_SHARE_AUDIO = "screen_share_audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Rights of one participant; they may change while it is in the room."""

    can_publish: bool = True
    can_subscribe: bool = True
    can_publish_data: bool = True
    can_publish_sources: frozenset[Source] = frozenset()
    """The only sources that may be published; empty permits all."""
    can_update_metadata: bool = False
    can_subscribe_metrics: bool = False
    hidden: bool = False
    """The others neither see nor hear of this participant."""
    recorder: bool = False
    agent: bool = False

    def may_publish(self, source: Source) -> bool:
        """Return whether a track of `source` may be published."""
        return self.can_publish and (not self.can_publish_sources or source in self.can_publish_sources)
