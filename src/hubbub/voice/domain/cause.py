"""Why a call was bad: the likely cause of each person's trouble and of the call's, as a sentence with its evidence.

Everything here follows from digests, so it can be asked of a live call and of one of last month alike. A cause is what
took most from people: its seconds, weighed by how much of a conversation it leaves, and for a whole call by how many
people it reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from hubbub.voice.domain.digest import Digest, Tally
from hubbub.voice.domain.quality import Side
from hubbub.voice.domain.symptom import Symptom

NAMED_S = 10.0
"""Seconds of trouble from which a cause is named: as long as the alarm waits. Shorter ones are hiccups."""
RECONNECTS_MAX = 1
"""A phone that leaves home changes its network once; more often is a cause."""
RECONNECT_COST_S = 5.0
"""What a reconnection takes from a person, as a rule of thumb."""

MISSING_MIN = 0.005
"""Share of sound that is worth a word: a piece of 20 ms in each four seconds."""
FROZEN_MIN_S = 1.0
"""Standing pictures that are worth a word."""
_FELT = frozenset(
    {
        Symptom.LOSS,
        Symptom.CONGESTION,
        Symptom.TCP,
        Symptom.JITTER,
        Symptom.OTHERS_UPLINK,
        Symptom.UNCLEAR,
    }
)
"""Symptoms of which a sentence says what was heard and seen."""

_WEIGHT: dict[str, float] = {
    Symptom.NEVER_CONNECTED: 100.0,  # there was no call at all
    Symptom.SILENCE: 3.0,  # nothing came through
    Symptom.NO_PACKETS: 2.0,  # one of the two directions is missing
    Symptom.SERVER: 1.5,  # ours to mend, and it hits everyone
    Symptom.DEVICE: 0.7,  # pictures stand, speech goes on
    Symptom.OTHERS_UPLINK: 0.9,  # named at its source first
    Symptom.DELAY: 0.5,  # tiresome, but everything is heard
    Symptom.UNCLEAR: 0.3,  # whatever has a name goes before
}
"""How much of a second of conversation is lost, where it is not all of it (1.0)."""


class Person(NamedTuple):
    """A participant as the explanation needs it."""

    stay: int
    name: str
    digest: Digest
    seconds: float
    """How long the person stayed."""
    connected: bool = True


class Cause(msgspec.Struct, frozen=True):
    """One reason, with its evidence."""

    code: str
    side: str
    """``sends``, ``hears`` or empty."""
    sentence: str
    person: int
    """Stay of whom it concerns."""
    person_name: str
    about: int
    """Stay of the other person whom it is due to; 0 for nobody."""
    about_name: str
    seconds: float
    mean: float
    """Share, milliseconds or bits per second, as the code says."""
    worst: float
    first_ms: int
    last_ms: int
    reached: int = 1
    """How many people had it."""
    missing: float | None = None
    """Share of the sound that was not there in time meanwhile; None when unknown."""
    frozen_s: float = 0.0
    """Seconds that pictures stood still meanwhile."""


class Explanation(msgspec.Struct, frozen=True):
    """The likely cause first."""

    code: str
    """The likely cause's code; ``fine`` when nothing was wrong, ``unknown`` when nothing was measured."""
    sentence: str
    causes: list[Cause]


def explain_person(person: Person, names: Mapping[int, str]) -> Explanation:
    """Return why `person`'s stay was bad.

    Args:
        person: Who.
        names: The names of the others, by stay.
    """
    causes = sorted(_causes(person, names), key=_cost, reverse=True)
    if causes:
        return Explanation(causes[0].code, causes[0].sentence, causes)
    digest = person.digest
    if not digest.sends.samples and not digest.hears.samples:
        return Explanation("unknown", f"Nothing was measured for {person.name}: no media moved.", [])
    return Explanation("fine", f"Nothing was wrong with {person.name}'s connection.", [])


def explain_call(people: Iterable[Person]) -> Explanation:
    """Return why a call was bad, with every person's causes behind the likely one."""
    people = list(people)
    names = {person.stay: person.name for person in people}
    own: list[Cause] = []
    for person in people:
        own += explain_person(person, names).causes
    # What others hear of a bad uplink is told where it arises, unless that person's own figures do not show it.
    shown = {(cause.person, cause.code) for cause in own if cause.side == Side.SENDS}
    sources = {person for person, _ in shown}
    kept = [cause for cause in own if not (cause.about and cause.about in sources)]
    causes = _merged([_reaching(cause, len(people)) for cause in kept])
    causes.sort(key=_cost, reverse=True)
    if causes:
        return Explanation(causes[0].code, causes[0].sentence, causes)
    if not any(person.digest.sends.samples or person.digest.hears.samples for person in people):
        return Explanation("unknown", "Nothing was measured: no media moved.", [])
    return Explanation("fine", "Nothing was wrong with anybody's connection.", [])


def _cost(cause: Cause) -> float:
    return cause.seconds * _WEIGHT.get(cause.code, 1.0) * cause.reached


def _reaching(cause: Cause, people: int) -> Cause:
    """Return the cause with how many people it reached: what one sends badly, all others hear."""
    if cause.side == Side.SENDS and cause.code != Symptom.SERVER:
        return msgspec.structs.replace(cause, reached=max(1, people - 1))
    return cause


def _merged(causes: list[Cause]) -> list[Cause]:
    """Return the causes with those of the server made one: they are not any person's."""
    server = [cause for cause in causes if cause.code == Symptom.SERVER]
    rest = [cause for cause in causes if cause.code != Symptom.SERVER]
    if not server:
        return rest
    reached = len({cause.person for cause in server})
    longest = max(server, key=lambda cause: cause.seconds)
    sentence = (
        f"The server was overloaded for {_time(longest.seconds)}: most connections of the node did badly at the same "
        f"time, {reached} of them in this call."
    )
    merged = msgspec.structs.replace(
        longest,
        sentence=sentence,
        person=0,
        person_name="",
        side="",
        reached=reached,
        first_ms=min(cause.first_ms for cause in server),
        last_ms=max(cause.last_ms for cause in server),
    )
    return [merged, *rest]


def _causes(person: Person, names: Mapping[int, str]) -> Iterable[Cause]:
    digest = person.digest
    if not person.connected:
        why = f" ({digest.failure.rstrip('.')})" if digest.failure else ""
        sentence = (
            f"{person.name} never got a media connection{why}: a firewall that lets neither UDP nor the server's TCP "
            "port through is the usual reason."
        )
        yield _cause(person, Symptom.NEVER_CONNECTED, sentence, max(person.seconds, 1.0))
        return
    for tally in digest.tallies:
        sentence = _sentence(tally, person.name, names.get(tally.about, "somebody"))
        if tally.seconds >= NAMED_S and sentence:
            yield Cause(
                code=tally.symptom,
                side=tally.side,
                sentence=sentence + _felt(tally),
                person=person.stay,
                person_name=person.name,
                about=tally.about,
                about_name=names.get(tally.about, ""),
                seconds=tally.seconds,
                mean=tally.mean,
                worst=tally.worst,
                first_ms=tally.first_ms,
                last_ms=tally.last_ms,
                missing=_missing(tally),
                frozen_s=tally.frozen_s,
            )
    if digest.silent_s >= NAMED_S:
        sentence = (
            f"Nothing was heard of {person.name} for {_time(digest.silent_s)} altogether: their network was away, or "
            "their device slept."
        )
        yield _cause(person, Symptom.SILENCE, sentence, digest.silent_s)
    changes = digest.reconnects + digest.path_changes
    if changes > RECONNECTS_MAX:
        sentence = f"{person.name}'s connection broke or changed its network {changes} times."
        yield _cause(person, Symptom.RECONNECTS, sentence, changes * RECONNECT_COST_S, value=float(changes))


def _missing(tally: Tally) -> float | None:
    """Return the share of the sound that was not there in time; None when unknown."""
    return tally.missing_s / tally.sound_s if tally.sound_s > 0 else None


def _felt(tally: Tally) -> str:
    """Return what was heard and seen of it, where that is known and not the finding itself."""
    if tally.symptom not in _FELT:
        return ""
    missing = _missing(tally)
    parts = [f"{_percent(missing)} of the sound was missing"] if missing is not None and missing >= MISSING_MIN else []
    if tally.frozen_s >= FROZEN_MIN_S:
        parts.append(f"pictures stood still for {_time(tally.frozen_s)}")
    if parts:
        return f" Meanwhile {' and '.join(parts)}."
    mended = tally.symptom == Symptom.LOSS and missing is not None
    return " Nearly all of it was mended." if mended else ""


def _cause(person: Person, symptom: Symptom, sentence: str, seconds: float, value: float = 0.0) -> Cause:
    return Cause(
        code=symptom.value,
        side="",
        sentence=sentence,
        person=person.stay,
        person_name=person.name,
        about=0,
        about_name="",
        seconds=seconds,
        mean=value,
        worst=value,
        first_ms=0,
        last_ms=0,
    )


_BOTH = "{percent} on average, {percent_worst} at worst,"

_SENTENCES: dict[tuple[str, str], str] = {
    (Symptom.LOSS, Side.SENDS): f"Of what {{name}} sent, {_BOTH} was lost on the way to the server for {{time}}: "
    "all the others heard or saw it.",
    (Symptom.LOSS, Side.HEARS): f"Of what {{name}} was sent, {_BOTH} was lost on the way from the server for {{time}}.",
    (Symptom.CONGESTION, Side.HEARS): "{name}'s connection was too narrow for what they received for {time}, and "
    "carried {rate_worst} at worst: pictures were reduced or paused.",
    (Symptom.TCP, Side.SENDS): "{name}'s network let no UDP through: over TCP, lost packets held up those behind them "
    "for {time}, by up to {worst} ms.",
    (Symptom.TCP, Side.HEARS): "{name}'s network let no UDP through: over TCP, lost packets held up those behind them "
    "for {time}, by up to {worst} ms.",
    (Symptom.JITTER, Side.SENDS): "What {name} sent came unevenly for {time}: {mean} ms of jitter on average, "
    "{worst} ms at worst.",
    (Symptom.JITTER, Side.HEARS): "What {name} was sent came unevenly for {time}: {mean} ms of jitter on average, "
    "{worst} ms at worst.",
    (Symptom.DELAY, Side.SENDS): "{name}'s way to the server was long for {time}: a round trip took {mean} ms on "
    "average, {worst} ms at worst.",
    (Symptom.DELAY, Side.HEARS): "{name}'s way to the server was long for {time}: a round trip took {mean} ms on "
    "average, {worst} ms at worst.",
    (Symptom.DEVICE, Side.SENDS): "{name}'s camera or computer was too slow for {time}: its pictures stood still "
    "although nearly nothing was lost.",
    (Symptom.DEVICE, Side.HEARS): "{other}'s camera or computer was too slow for {time}: {name} saw pictures stand "
    "still.",
    (Symptom.NO_PACKETS, Side.SENDS): "{name} was not muted, and yet nothing came from their microphone or camera for "
    "{time}: the device or the browser's permission failed.",
    (Symptom.OTHERS_UPLINK, Side.HEARS): "{name} heard {other} badly for {time}: {percent} of what {other} sent was "
    "lost on the way to the server.",
    (Symptom.SERVER, Side.SENDS): "The server was overloaded for {time}: most connections of the node did badly at "
    "the same time.",
    (Symptom.SERVER, Side.HEARS): "The server was overloaded for {time}: most connections of the node did badly at "
    "the same time.",
    (Symptom.UNCLEAR, Side.SENDS): "What {name} sent was rated {rated} of 5 for {time}, without a measured reason.",
    (Symptom.UNCLEAR, Side.HEARS): "What {name} received was rated {rated} of 5 for {time}, without a measured reason.",
}


def _sentence(tally: Tally, name: str, other: str) -> str:
    """Return what a tally means; empty for a symptom of a newer version."""
    return _SENTENCES.get((tally.symptom, tally.side), "").format(
        name=name,
        other=other,
        time=_time(tally.seconds),
        mean=f"{tally.mean:.0f}",
        worst=f"{tally.worst:.0f}",
        rated=f"{tally.mean:.1f}",
        percent=_percent(tally.mean),
        percent_worst=_percent(tally.worst),
        rate_worst=_rate(tally.worst),
    )


_TIME_MAX_S = 1e9
"""Longer than any stay; figures are as bad as their source."""


def _time(seconds: float) -> str:
    whole = round(min(max(0.0, seconds), _TIME_MAX_S))  # in this order what is no number counts as zero
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{whole} s"
    return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"  # noqa: PLR2004 - seconds no longer matter


def _percent(share: float) -> str:
    percent = max(0.0, share) * 100
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.1f} %"


def _rate(bits_per_second: float) -> str:
    if bits_per_second >= 1_000_000:  # noqa: PLR2004 - the unit's own border
        return f"{bits_per_second / 1_000_000:.1f} Mbit/s"
    return f"{bits_per_second / 1000:.0f} kbit/s"
