"""Calls as the operator console and the command line show them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hubbub.voice.adapters.call_statements import CallRow, StayRow
from hubbub.voice.adapters.call_store import unpack_digest, unpack_tracks
from hubbub.voice.domain.cause import Cause, Explanation, Person, explain_call, explain_person
from hubbub.voice.domain.digest import Digest, Score
from hubbub.voice.domain.quality import NO_LAYER, Leg, Minute, Moment, Sample, TrackNote

Id = Annotated[str, msgspec.Meta(description="A snowflake in decimal: too large for a number of JavaScript.")]
_MOS_UNIT = 1000


class CallLine(msgspec.Struct, frozen=True, kw_only=True):
    """A call in the list."""

    id: Id
    title: str
    room: str
    guild_id: Id | None
    guild_name: str
    channel_id: Id | None
    node_id: str
    region: str
    began_at_ms: int
    ended_at_ms: int | None
    """None while it lasts."""
    stays: int
    people_peak: int
    worst_mos: float | None
    """Lowest opinion of anybody over ten seconds, 1 to 5; None when nothing was measured."""
    cause: str
    sentence: str


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One cause with its evidence."""

    code: str
    side: str
    sentence: str
    person: Id | None
    person_name: str
    about: Id | None
    about_name: str
    seconds: float
    mean: float
    worst: float
    first_ms: int | None
    last_ms: int | None
    reached: int
    missing: float | None
    """Share of the sound that was not there in time meanwhile; None when unknown."""
    frozen_s: float
    """Seconds that pictures stood still meanwhile."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Why something was bad, the likely cause first."""

    code: str
    sentence: str
    causes: list[Reason]


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """How good one side was over a stay."""

    mean: float | None
    worst: float | None
    bad_s: float
    loss: float | None
    concealed: float | None = None
    """Share of the sound that was not there when it was to be played; None when unknown."""
    freezes: int | None = None
    """Times that pictures stood still; None when not told of this side."""
    frozen_s: float | None = None


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """A track that somebody published."""

    sid: str
    kind: str
    source: str
    name: str


class Refusals(msgspec.Struct, frozen=True, kw_only=True):
    """Packets from a person that were not taken, by reason."""

    unauthentic: int
    """Forged or damaged, or sealed with other keys."""
    replayed: int
    unknown: int
    """Belong to no stream that was agreed on."""
    malformed: int


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """One person's time in a call."""

    id: Id
    identity: str
    name: str
    client: str
    remote: str
    protocol: str
    began_at_ms: int
    connected_at_ms: int | None
    ended_at_ms: int | None
    left_because: str
    sends: Opinion
    hears: Opinion
    rtt_ms: float | None
    """Mean round trip."""
    reconnects: int
    refused: Refusals | None
    """None when there were none."""
    tracks: list[Track]
    verdict: Verdict


class CallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A call with its people."""

    call: CallLine
    verdict: Verdict
    people: list[Stay]


class LegPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One leg within a sample."""

    track: str
    direction: str
    kind: str
    packets: int
    loss: float
    residual_loss: float
    concealed: float | None
    """Share of the sound that was not there when it was to be played; None for pictures and when unknown."""
    jitter_ms: float
    bits_per_second: int
    nacks: int
    plis: int
    freezes: int
    frozen_ms: int
    spatial: int | None
    temporal: int | None
    r: float | None
    mos: float | None
    legs: int


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One transport's sample."""

    at_ms: int
    transport: int
    rtt_ms: float | None
    estimate: int | None
    legs: list[LegPoint]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at_ms: int
    what: str
    track: str
    value: int
    detail: str


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """One person's samples and moments."""

    points: list[Point]
    marks: list[Mark]
    next_ms: int | None
    """From where to ask on; None when this is all."""


def line(row: CallRow) -> CallLine:
    """Return a call as the list shows it."""
    return CallLine(
        id=str(row.id),
        title=row.title,
        room=row.room,
        guild_id=_id(row.guild_id),
        guild_name=row.guild_name,
        channel_id=_id(row.channel_id),
        node_id=row.node_id,
        region=row.region,
        began_at_ms=row.began_at_ms,
        ended_at_ms=row.ended_at_ms,
        stays=row.stays,
        people_peak=row.people_peak,
        worst_mos=row.worst_mos / _MOS_UNIT if row.worst_mos else None,
        cause=row.cause,
        sentence=row.sentence,
    )


def detail(row: CallRow, stays: list[StayRow], now_ms: int) -> CallDetail:
    """Return a call with its people, explained anew: thresholds may be better than when it was written."""
    people = [_person(stay, now_ms) for stay in stays]
    names = {person.stay: person.name for person in people}
    shown = [_stay(stay, person, names) for stay, person in zip(stays, people, strict=True)]
    return CallDetail(call=line(row), verdict=_verdict(explain_call(people)), people=shown)


def timeline(minutes: list[Minute], next_ms: int | None) -> Timeline:
    """Return a stay's minutes as one line of points and marks."""
    return Timeline(
        points=[_point(sample) for minute in minutes for sample in minute.samples],
        marks=[_mark(moment) for minute in minutes for moment in minute.moments],
        next_ms=next_ms,
    )


def _person(row: StayRow, now_ms: int) -> Person:
    digest = unpack_digest(row.digest)
    failed = row.connected_at_ms is None and (row.ended_at_ms is not None or bool(digest.failure))
    seconds = ((row.ended_at_ms or now_ms) - row.began_at_ms) / 1000
    return Person(row.id, row.name or row.identity or "Somebody", digest, seconds, connected=not failed)


def _stay(row: StayRow, person: Person, names: dict[int, str]) -> Stay:
    digest = person.digest
    return Stay(
        id=str(row.id),
        identity=row.identity,
        name=person.name,
        client=row.client,
        remote=row.remote,
        protocol=row.protocol,
        began_at_ms=row.began_at_ms,
        connected_at_ms=row.connected_at_ms,
        ended_at_ms=row.ended_at_ms,
        left_because=row.left_because,
        sends=_opinion(digest.sends, digest.lost_up, digest.packets_up),
        hears=_heard(digest),
        rtt_ms=_mean_rtt(digest),
        reconnects=digest.reconnects + digest.path_changes,
        refused=msgspec.convert(digest.refused, Refusals, from_attributes=True) if digest.refused.total else None,
        tracks=[_track(note) for note in unpack_tracks(row.tracks)],
        verdict=_verdict(explain_person(person, names)),
    )


def _opinion(score: Score, lost: float, packets: int) -> Opinion:
    return Opinion(
        mean=score.mean or None,
        worst=score.worst or None,
        bad_s=score.bad_s,
        loss=lost / packets if packets else None,
    )


def _heard(digest: Digest) -> Opinion:
    return msgspec.structs.replace(
        _opinion(digest.hears, digest.lost_down, digest.packets_down),
        concealed=digest.missing_s / digest.sound_s if digest.sound_s else None,
        freezes=digest.freezes,
        frozen_s=digest.frozen_s,
    )


def _mean_rtt(digest: Digest) -> float | None:
    return digest.rtt_total_ms / digest.rtt_samples if digest.rtt_samples else None


def _verdict(explanation: Explanation) -> Verdict:
    causes = [_reason(cause) for cause in explanation.causes]
    return Verdict(code=explanation.code, sentence=explanation.sentence, causes=causes)


def _reason(cause: Cause) -> Reason:
    return Reason(
        code=cause.code,
        side=cause.side,
        sentence=cause.sentence,
        person=_id(cause.person or None),
        person_name=cause.person_name,
        about=_id(cause.about or None),
        about_name=cause.about_name,
        seconds=cause.seconds,
        mean=cause.mean,
        worst=cause.worst,
        first_ms=cause.first_ms or None,
        last_ms=cause.last_ms or None,
        reached=cause.reached,
        missing=cause.missing,
        frozen_s=cause.frozen_s,
    )


def _track(note: TrackNote) -> Track:
    return Track(sid=note.sid, kind=_kind(video=note.video), source=note.source, name=note.name)


def _point(sample: Sample) -> Point:
    return Point(
        at_ms=sample.at_ms,
        transport=sample.transport_id,
        rtt_ms=sample.rtt_ms if sample.rtt_ms >= 0 else None,
        estimate=sample.estimate or None,
        legs=[_leg(leg) for leg in sample.legs],
    )


def _leg(leg: Leg) -> LegPoint:
    return LegPoint(
        track=leg.track,
        direction="up" if leg.up else "down",
        kind=_kind(video=leg.video),
        packets=leg.packets,
        loss=leg.loss,
        residual_loss=leg.residual_loss,
        concealed=leg.concealed if leg.concealed >= 0 else None,
        jitter_ms=leg.jitter_ms,
        bits_per_second=leg.bits_per_second,
        nacks=leg.nacks,
        plis=leg.plis,
        freezes=leg.freezes,
        frozen_ms=leg.frozen_ms,
        spatial=leg.spatial if leg.spatial != NO_LAYER else None,
        temporal=leg.temporal if leg.temporal != NO_LAYER else None,
        r=leg.r if leg.r >= 0 else None,
        mos=leg.mos if leg.mos > 0 else None,
        legs=leg.legs,
    )


def _mark(moment: Moment) -> Mark:
    return Mark(at_ms=moment.at_ms, what=moment.what, track=moment.track, value=moment.value, detail=moment.detail)


def _kind(*, video: bool) -> str:
    return "video" if video else "audio"


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)
