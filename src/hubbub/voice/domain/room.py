"""Rooms, participants and tracks: what they are and the rules between them. Who calls owns the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from hubbub.voice.domain.grant import Kind as ParticipantKind
from hubbub.voice.domain.permission import Permission, Source
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.errors import NotPermitted, RequestRefused


class State(IntEnum):
    """How far a participant has come, by LiveKit's numbers."""

    JOINING = 0
    JOINED = 1
    ACTIVE = 2
    DISCONNECTED = 3


@dataclass(slots=True, kw_only=True)
class TrackLayer:
    """What the publisher says of one layer."""

    quality: int
    """0 low, 1 medium, 2 high."""
    width: int = 0
    height: int = 0
    bitrate: int = 0
    rid: str = ""
    ssrc: int = 0
    spatial: int = 0


@dataclass(slots=True, kw_only=True)
class Track:
    """A track that a participant publishes, or is about to."""

    sid: str
    cid: str
    """The client's own name, found again in its session description."""
    kind: Kind
    source: Source = Source.UNKNOWN
    name: str = ""
    stream: str = ""
    muted: bool = False
    width: int = 0
    height: int = 0
    layers: list[TrackLayer] = field(default_factory=list)
    codec: str = ""
    """Name of the codec that the publisher asked for, and once negotiated of the one that it uses."""
    mode: int = 0
    """LiveKit's number for how layers are sent; zero when not said."""
    encryption: int = 0
    features: tuple[int, ...] = ()
    stereo: bool = False
    dtx: bool = True
    red: bool = True
    mid: str = ""
    """Of the publisher's section; empty until it is negotiated."""
    simulcast: bool = False

    @property
    def published(self) -> bool:
        """Return whether the track was negotiated, so that others know of it."""
        return bool(self.mid)

    def quality_for(self, width: int, height: int) -> int:
        """Return the lowest layer that fills `width` by `height` pixels; high when none is known to."""
        for layer in sorted(self.layers, key=lambda each: each.quality):
            if layer.width >= width and layer.height >= height and layer.width:
                return layer.quality
        return 2


@dataclass(slots=True)
class TrackRule:
    """Whom a publisher lets receive its tracks."""

    participant_sid: str = ""
    identity: str = ""
    all_tracks: bool = False
    tracks: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Participant:
    """One client in a room."""

    sid: str
    identity: str
    name: str = ""
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    kind: ParticipantKind = ParticipantKind.STANDARD
    permission: Permission = field(default_factory=Permission)
    state: State = State.JOINING
    joined_ms: int = 0
    version: int = 0
    """Grows with every change that others are told of."""
    tracks: dict[str, Track] = field(default_factory=dict)
    open_to_all: bool = True
    rules: list[TrackRule] = field(default_factory=list)
    disconnect_reason: int = 0

    def lets(self, track_sid: str, subscriber: Participant) -> bool:
        """Return whether this publisher lets `subscriber` receive its track."""
        if self.open_to_all:
            return True
        return any(
            subscriber.sid == rule.participant_sid or (rule.identity and subscriber.identity == rule.identity)
            for rule in self.rules
            if rule.all_tracks or track_sid in rule.tracks
        )

    def published(self) -> list[Track]:
        """Return the tracks that others know of."""
        return [track for track in self.tracks.values() if track.published]

    def update_attributes(self, changes: dict[str, str], *, bytes_max: int) -> None:
        """Set attributes, and delete those whose new value is empty.

        Raises:
            RequestRefused: They would be longer together than they may be.
        """
        merged = {key: value for key, value in {**self.attributes, **changes}.items() if value}
        if sum(len(key.encode()) + len(value.encode()) for key, value in merged.items()) > bytes_max:
            raise RequestRefused(f"The attributes may have at most {bytes_max} bytes together.")
        self.attributes = merged

    def check_may_publish(self, source: Source, *, tracks_max: int) -> None:
        """Raise unless another track of `source` may be published."""
        if not self.permission.may_publish(source):
            raise NotPermitted(f"The token does not permit publishing {source}.")
        if len(self.tracks) >= tracks_max:
            raise RequestRefused(f"A participant may publish at most {tracks_max} tracks.")


@dataclass(slots=True, kw_only=True)
class Room:
    """A room without the people in it."""

    sid: str
    name: str
    created_ms: int
    empty_timeout_s: int
    departure_timeout_s: int
    max_participants: int = 0
    """Zero for the server's own limit."""
    metadata: str = ""
    version: int = 0


def check_length(value: str, bytes_max: int, what: str) -> str:
    """Return `value` unless it is longer than it may be."""
    if len(value.encode(errors="replace")) > bytes_max:
        raise RequestRefused(f"{what} may have at most {bytes_max} bytes.")
    return value
