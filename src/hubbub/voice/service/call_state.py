"""Calls that last, as the recorder holds them until they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from livekit.protocol import models

from hubbub.voice.adapters.call_statements import CallRow, StayRow
from hubbub.voice.adapters.call_store import folded, pack, thousandths
from hubbub.voice.domain.cause import Explanation, Person, explain_call
from hubbub.voice.domain.digest import Digest
from hubbub.voice.domain.quality import Minute, Moment, Sample, TrackNote

MOMENTS_PER_MINUTE_MAX = 120
"""Moments of one stay's minute that are kept: two a second. The last tells how many more there were."""
GONE_MAX = 2000
"""Stays that ended and are still held for the call's explanation; the oldest give way."""
MINUTE_MS = 60_000
_SEARCH_CHARACTERS_MAX = 20_000


class Place(NamedTuple):
    """What people call a room."""

    title: str
    guild_id: int | None = None
    channel_id: int | None = None
    guild_name: str = ""


class ClosedMinute(NamedTuple):
    """A minute that nothing more comes to."""

    at_ms: int
    minute: Minute


@dataclass(slots=True, eq=False)
class OpenTransport:
    """One peer connection of a stay."""

    transport_id: int
    stay: OpenStay
    own: dict[str, None] = field(default_factory=dict)
    """Tracks that the person publishes on it."""
    connects: int = 0
    connected_ms: int = 0
    """Since when it is connected; zero before."""
    over_tcp: bool = False
    congested: bool = False
    paused: set[str] = field(default_factory=set)
    lowered: set[str] = field(default_factory=set)
    """Tracks whose layer was lowered, and not raised since."""
    layers: dict[str, int] = field(default_factory=dict)
    """Layer of each track that is sent, as `Notice.LAYER_SWITCHED` numbers them."""
    silent_since_ms: int | None = None
    network: str = ""
    """Address without its port."""

    def hear(self, now_ms: int) -> None:
        """End a silence, if there is one."""
        if self.silent_since_ms is not None:
            self.stay.digest.silent_s += max(0, now_ms - self.silent_since_ms) / 1000
            self.silent_since_ms = None


@dataclass(slots=True, eq=False)
class OpenStay:
    """One participant's time in a call."""

    id: int
    call: OpenCall
    participant_sid: str
    began_ms: int
    began_s: float
    identity: str = ""
    name: str = ""
    client: str = ""
    remote: str = ""
    protocol: str = ""
    connected_ms: int | None = None
    ended_ms: int | None = None
    left_because: str = ""
    tracks: dict[str, TrackNote] = field(default_factory=dict)
    digest: Digest = field(default_factory=Digest)
    minute: Minute = field(default_factory=Minute)
    minute_ms: int = 0
    closed: list[ClosedMinute] = field(default_factory=list)
    transports: dict[int, OpenTransport] = field(default_factory=dict)
    info: models.ParticipantInfo | None = None
    is_poor: bool = False
    """Whether the alarm was raised and is not over."""
    dirty: bool = True
    """Whether it differs from what is written."""
    due: bool = True
    """Whether it shall be written: when it begins, with each of its minutes, and when it ends."""

    @property
    def shown_name(self) -> str:
        """Return the name by which people know the participant."""
        return self.name or self.identity or "Somebody"

    def note(self, moment: Moment) -> None:
        """Keep a moment, within bounds."""
        self._turn(moment.at_ms)
        moments = self.minute.moments
        if len(moments) < MOMENTS_PER_MINUTE_MAX:
            moments.append(moment)
        else:
            more = moments[-1].value + 1 if moments[-1].what == "more" else 1
            if more == 1:
                moments.append(Moment(moment.at_ms, "more", value=1))
            else:
                moments[-1] = Moment(moment.at_ms, "more", value=more)

    def sample(self, sample: Sample) -> None:
        """Keep a sample."""
        self._turn(sample.at_ms)
        self.minute.samples.append(sample)

    def close_minute(self) -> None:
        """Let nothing more come to the open minute."""
        if self.minute.samples or self.minute.moments:
            self.closed.append(ClosedMinute(self.minute_ms, self.minute))
            self.due = True
            self.minute = Minute()

    def _turn(self, at_ms: int) -> None:
        minute_ms = at_ms - at_ms % MINUTE_MS
        if minute_ms > self.minute_ms:
            self.close_minute()
            self.minute_ms = minute_ms
        elif not self.minute.samples and not self.minute.moments:
            # The clock was set back into a minute that is written: a row of its own, right behind.
            self.minute_ms += 1
        self.dirty = True

    def person(self, now_ms: int) -> Person:
        """Return the stay as the explanation needs it."""
        seconds = ((self.ended_ms or now_ms) - self.began_ms) / 1000
        failed = self.connected_ms is None and (self.ended_ms is not None or bool(self.digest.failure))
        return Person(self.id, self.shown_name, self.digest, seconds, connected=not failed)

    def row(self) -> StayRow:
        """Return the stay as it is stored."""
        return StayRow(
            call_id=self.call.id,
            id=self.id,
            participant_sid=self.participant_sid,
            identity=self.identity,
            name=self.name,
            client=self.client,
            remote=self.remote,
            protocol=self.protocol,
            began_at_ms=self.began_ms,
            connected_at_ms=self.connected_ms,
            ended_at_ms=self.ended_ms,
            left_because=self.left_because,
            is_publisher=bool(self.tracks),
            tracks=pack(list(self.tracks.values())),
            digest=pack(self.digest),
        )


@dataclass(slots=True, eq=False)
class OpenCall:
    """One life of a room."""

    id: int
    room_sid: str
    room: str
    node_id: str
    region: str
    began_ms: int
    place: Place | None = None
    ended_ms: int | None = None
    here: dict[str, OpenStay] = field(default_factory=dict)
    """Who is here, by the participant's sid."""
    gone: dict[int, OpenStay] = field(default_factory=dict)
    """Who left, by the stay's id, in the order of their leaving."""
    stays: int = 0
    people_peak: int = 0
    names: dict[str, None] = field(default_factory=dict)
    """Names and identities of everybody who was here, each once."""
    characters: int = 0
    info: models.Room | None = None

    def everyone(self) -> Iterator[OpenStay]:
        """Yield all stays that are held."""
        yield from self.gone.values()
        yield from self.here.values()

    def remember(self, *names: str) -> None:
        """Let the call be found by `names`."""
        for name in names:
            if name and name not in self.names and self.characters < _SEARCH_CHARACTERS_MAX:
                self.names[name] = None
                self.characters += len(name)

    def leave(self, stay: OpenStay) -> None:
        """Put a stay that ended among those who left."""
        self.here.pop(stay.participant_sid, None)
        self.gone[stay.id] = stay

    def prune(self) -> None:
        """Forget the oldest of those who left, once written."""
        for stay in list(self.gone.values()):
            if len(self.gone) <= GONE_MAX:
                break
            if not stay.dirty and not stay.closed:
                del self.gone[stay.id]

    def explain(self, now_ms: int) -> Explanation:
        """Return why the call is bad, if it is."""
        return explain_call([stay.person(now_ms) for stay in self.everyone()])

    def row(self, now_ms: int) -> CallRow:
        """Return the call as it is stored."""
        place = self.place or Place(self.room)
        explanation = self.explain(now_ms)
        worst = min((mos for stay in self.everyone() if (mos := stay.digest.worst_mos)), default=0.0)
        return CallRow(
            id=self.id,
            room_sid=self.room_sid,
            room=self.room,
            title=place.title,
            guild_id=place.guild_id,
            channel_id=place.channel_id,
            guild_name=place.guild_name,
            node_id=self.node_id,
            region=self.region,
            began_at_ms=self.began_ms,
            seen_at_ms=self.ended_ms or now_ms,
            ended_at_ms=self.ended_ms,
            stays=self.stays,
            people_peak=self.people_peak,
            worst_mos=thousandths(worst),
            cause=explanation.code,
            sentence=explanation.sentence,
            search=folded(place.title, place.guild_name, self.room, *self.names),
        )
