"""What each attribute of a session description adds to the section that it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hubbub.voice.domain.sdp import grammar
from hubbub.voice.domain.sdp.description import (
    Candidate,
    Direction,
    Extension,
    Fingerprint,
    Kind,
    Msid,
    Rid,
    Setup,
    Simulcast,
    Source,
    SourceGroup,
)
from hubbub.voice.errors import DescriptionRefused

Item = TypeVar("Item")

PER_SECTION_MAX = 64
"""Of each attribute that may be repeated in a media section."""
_MAPS_MAX = 128
_FEEDBACK_MAX = 16
_CLOCK_RATE_MAX = 1_000_000
_CHANNELS_MAX = 8
_EXTENSION_ID_MAX = 255
_UINT63_MAX = (1 << 63) - 1


@dataclass(slots=True)
class Shared:
    """ICE, DTLS and direction, which the session or a section may give."""

    ice_ufrag: str = ""
    ice_pwd: str = ""
    ice_options: tuple[str, ...] = ()
    fingerprints: list[Fingerprint] = field(default_factory=list)
    setup: Setup | None = None
    direction: Direction | None = None
    extmap_allow_mixed: bool = False


@dataclass(slots=True)
class Session(Shared):
    """The session's own part while it is read."""

    session_id: int = 0
    version: int = 0
    bundle: tuple[str, ...] = ()
    ice_lite: bool = False


@dataclass(slots=True)
class Section(Shared):
    """A media section while it is read."""

    kind: Kind = Kind.AUDIO
    port: int = 0
    line: int = 0
    payload_types: tuple[int, ...] = ()
    mid: str = ""
    bundle_only: bool = False
    maps: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    feedback: dict[int, list[str]] = field(default_factory=dict)
    extensions: list[Extension] = field(default_factory=list)
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    msids: list[Msid] = field(default_factory=list)
    sources: dict[int, Source] = field(default_factory=dict)
    source_groups: list[SourceGroup] = field(default_factory=list)
    rids: list[Rid] = field(default_factory=list)
    simulcast: Simulcast | None = None
    sctp_port: int = 0
    max_message_size: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    end_of_candidates: bool = False


def read_attribute(session: Session, current: Shared, name: str, value: str) -> None:
    """Add one attribute to where it stands; a name that WebRTC does not need changes nothing."""
    if (shared := _SHARED.get(name)) is not None:
        shared(current, value)
    elif isinstance(current, Section):
        if (reader := _OF_SECTION.get(name)) is not None:
            reader(current, value)
    elif name == "group":
        meaning, *mids = value.split() or [""]
        if meaning == "BUNDLE":
            session.bundle = tuple(grammar.token(mid, "a mid") for mid in mids)
    elif name == "ice-lite":
        session.ice_lite = True


def _append(items: list[Item], item: Item) -> None:
    if len(items) >= PER_SECTION_MAX:
        raise DescriptionRefused(f"a section may give an attribute at most {PER_SECTION_MAX} times.")
    items.append(item)


def _put(items: dict[int, Item], key: int, item: Item) -> None:
    if len(items) >= _MAPS_MAX and key not in items:
        raise DescriptionRefused(f"a section may give an attribute at most {_MAPS_MAX} times.")
    items[key] = item


# -- of the session or a section ---------------------------------------------------------------------------------------


def _ice_ufrag(part: Shared, value: str) -> None:
    part.ice_ufrag = grammar.ice_characters(value, "the ICE user fragment")


def _ice_pwd(part: Shared, value: str) -> None:
    part.ice_pwd = grammar.ice_characters(value, "the ICE password")


def _ice_options(part: Shared, value: str) -> None:
    part.ice_options = tuple(grammar.token(option, "an ICE option") for option in value.split())


def _fingerprint(part: Shared, value: str) -> None:
    _append(part.fingerprints, grammar.fingerprint(value))


def _setup(part: Shared, value: str) -> None:
    if value not in Setup.__members__.values():
        raise DescriptionRefused("setup must be actpass, active or passive.")
    part.setup = Setup(value)


def _direction(name: str) -> Callable[[Shared, str], None]:
    def read(part: Shared, _value: str) -> None:
        part.direction = Direction(name)

    return read


def _allow_mixed(part: Shared, _value: str) -> None:
    part.extmap_allow_mixed = True


_SHARED: dict[str, Callable[[Shared, str], None]] = {
    "ice-ufrag": _ice_ufrag,
    "ice-pwd": _ice_pwd,
    "ice-options": _ice_options,
    "fingerprint": _fingerprint,
    "setup": _setup,
    "extmap-allow-mixed": _allow_mixed,
    **{direction.value: _direction(direction.value) for direction in Direction},
}


# -- of a section ------------------------------------------------------------------------------------------------------


def _mid(section: Section, value: str) -> None:
    section.mid = grammar.token(value, "a mid")


def _payload(value: str) -> tuple[int, str]:
    number, _, rest = value.partition(" ")
    return grammar.number(number, most=127, what="a payload type"), rest.strip()


def _rtpmap(section: Section, value: str) -> None:
    payload_type, text = _payload(value)
    name, rate, *channels = text.split("/")[:3] + [""] * (2 - text.count("/"))
    if not rate:
        raise DescriptionRefused("an rtpmap must have a codec's name and its clock rate.")
    entry = (
        grammar.token(name, "a codec's name"),
        grammar.number(rate, most=_CLOCK_RATE_MAX, what="a clock rate"),
        grammar.number(channels[0], most=_CHANNELS_MAX, what="a number of channels") if channels[0] else 1,
    )
    _put(section.maps, payload_type, entry)


def _fmtp(section: Section, value: str) -> None:
    payload_type, text = _payload(value)
    _put(section.parameters, payload_type, text)


def _rtcp_fb(section: Section, value: str) -> None:
    number, _, text = value.partition(" ")
    # A star speaks for every payload type of the section; it is kept under -1 until the end.
    payload_type = -1 if number == "*" else grammar.number(number, most=127, what="a payload type")
    kinds = section.feedback.get(payload_type, [])
    if len(kinds) >= _FEEDBACK_MAX:
        raise DescriptionRefused(f"a payload type may have at most {_FEEDBACK_MAX} kinds of feedback.")
    _put(section.feedback, payload_type, [*kinds, " ".join(text.split())])


def _extmap(section: Section, value: str) -> None:
    number, _, rest = value.partition(" ")
    number = number.partition("/")[0]
    uri = rest.split(" ")[0]
    if not uri:
        raise DescriptionRefused("a header extension must have a number and a name.")
    extension = Extension(grammar.number(number, most=_EXTENSION_ID_MAX, what="a header extension's number"), uri)
    if extension.id == 0 or any(extension.id == other.id for other in section.extensions):
        raise DescriptionRefused("a header extension's number is zero or stands twice in a section.")
    _append(section.extensions, extension)


def _msid(section: Section, value: str) -> None:
    _append(section.msids, grammar.msid(value))


def _ssrc(section: Section, value: str) -> None:
    number, _, attribute = value.partition(" ")
    ssrc = grammar.number(number, most=grammar.UINT32_MAX, what="an SSRC")
    known = section.sources.get(ssrc, Source(ssrc))
    if len(section.sources) >= PER_SECTION_MAX and ssrc not in section.sources:
        raise DescriptionRefused(f"a section may have at most {PER_SECTION_MAX} SSRCs.")
    name, _, text = attribute.partition(":")
    if name == "cname":
        known = Source(ssrc, grammar.msid(text).stream if text else "", known.msid)
    elif name == "msid":
        known = Source(ssrc, known.cname, grammar.msid(text))
    section.sources[ssrc] = known


def _ssrc_group(section: Section, value: str) -> None:
    _append(section.source_groups, grammar.source_group(value))


def _rid(section: Section, value: str) -> None:
    _append(section.rids, grammar.restriction(value))


def _simulcast(section: Section, value: str) -> None:
    section.simulcast = grammar.simulcast(value)


def _sctp_port(section: Section, value: str) -> None:
    section.sctp_port = grammar.number(value, most=grammar.PORT_MAX, what="the SCTP port")


def _sctpmap(section: Section, value: str) -> None:
    # The form before RFC 8841, which some old SDKs still send.
    section.sctp_port = section.sctp_port or grammar.number(
        value.split(" ", maxsplit=1)[0], most=grammar.PORT_MAX, what="the SCTP port"
    )


def _max_message_size(section: Section, value: str) -> None:
    section.max_message_size = grammar.number(value, most=_UINT63_MAX, what="the largest message's size")


def _candidate(section: Section, value: str) -> None:
    _append(section.candidates, grammar.candidate(value))


def _flag(name: str) -> Callable[[Section, str], None]:
    def read(section: Section, _value: str) -> None:
        setattr(section, name, True)

    return read


_OF_SECTION: dict[str, Callable[[Section, str], None]] = {
    "mid": _mid,
    "rtpmap": _rtpmap,
    "fmtp": _fmtp,
    "rtcp-fb": _rtcp_fb,
    "extmap": _extmap,
    "msid": _msid,
    "ssrc": _ssrc,
    "ssrc-group": _ssrc_group,
    "rid": _rid,
    "simulcast": _simulcast,
    "sctp-port": _sctp_port,
    "sctpmap": _sctpmap,
    "max-message-size": _max_message_size,
    "candidate": _candidate,
    "end-of-candidates": _flag("end_of_candidates"),
    "rtcp-mux": _flag("rtcp_mux"),
    "rtcp-rsize": _flag("rtcp_rsize"),
    "bundle-only": _flag("bundle_only"),
}
