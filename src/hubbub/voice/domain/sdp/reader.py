"""Reads a session description, strictly and within bounds; attributes that WebRTC does not need are passed over.

Any input either becomes a `Description` or raises `DescriptionRefused` with the number of the line at fault.
"""

from __future__ import annotations

from hubbub.voice.domain.sdp import grammar
from hubbub.voice.domain.sdp.attribute import Section, Session, Shared, read_attribute
from hubbub.voice.domain.sdp.description import Codec, Description, Direction, Kind, Media
from hubbub.voice.errors import DescriptionRefused

CHARACTERS_MAX = 1024 * 1024
"""Of one description: a browser with 150 video sections stays below."""
LINES_MAX = 32_768
LINE_CHARACTERS_MAX = 4096
SECTIONS_MAX = 256
_CODECS_MAX = 128
_UINT63_MAX = (1 << 63) - 1
_PROFILES = {"audio": "SAVPF", "video": "SAVPF", "application": "SCTP"}
_M_WORDS = 4
_O_WORDS = 6
_STATIC = {0: ("PCMU", 8000, 1), 8: ("PCMA", 8000, 1), 9: ("G722", 8000, 1), 13: ("CN", 8000, 1)}
"""Payload types that need no rtpmap (RFC 3551)."""


def read_description(text: str) -> Description:
    """Return what `text` says.

    Raises:
        DescriptionRefused: It breaks the grammar or a bound.
    """
    if len(text) > CHARACTERS_MAX:
        raise DescriptionRefused(f"A session description may have at most {CHARACTERS_MAX} characters.")
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(lines) > LINES_MAX:
        raise DescriptionRefused(f"A session description may have at most {LINES_MAX} lines.")
    session = Session()
    sections: list[Section] = []
    for count, line in enumerate(lines, 1):
        try:
            _read_line(session, sections, line, first=count == 1)
        except DescriptionRefused as problem:
            raise DescriptionRefused(problem.sentence, line=count) from None
        if sections and not sections[-1].line:
            sections[-1].line = count
    return _finish(session, sections)


def _read_line(session: Session, sections: list[Section], line: str, *, first: bool) -> None:
    if len(line) > LINE_CHARACTERS_MAX or not line.isprintable():
        raise DescriptionRefused(f"a line must have at most {LINE_CHARACTERS_MAX} characters, all printable.")
    if first != (line == "v=0"):
        raise DescriptionRefused("a session description starts with 'v=0', and only its first line is that.")
    if line[1:2] != "=":
        raise DescriptionRefused("a line must start with a letter and '='.")
    if line.startswith("m="):
        sections.append(_start_section(line[2:], len(sections)))
    elif line.startswith("o="):
        session.session_id, session.version = _read_origin(line[2:])
    elif line.startswith("a="):
        name, _, value = line[2:].partition(":")
        current: Shared = sections[-1] if sections else session
        read_attribute(session, current, name, value)


def _start_section(text: str, before: int) -> Section:
    words = text.split()
    if before >= SECTIONS_MAX:
        raise DescriptionRefused(f"there may be at most {SECTIONS_MAX} media sections.")
    if len(words) < _M_WORDS or not words[2].endswith(_PROFILES.get(words[0], " ")):
        raise DescriptionRefused("a section must be audio or video over SAVPF, or application over SCTP.")
    section = Section(kind=Kind(words[0]), port=grammar.number(words[1], most=grammar.PORT_MAX, what="a port"))
    if section.kind is not Kind.APPLICATION:
        formats = words[_M_WORDS - 1 :]
        if len(formats) > _CODECS_MAX or len(set(formats)) != len(formats):
            raise DescriptionRefused(f"a section may have at most {_CODECS_MAX} payload types, none of them twice.")
        section.payload_types = tuple(grammar.number(word, most=127, what="a payload type") for word in formats)
    return section


def _read_origin(text: str) -> tuple[int, int]:
    words = text.split()
    if len(words) != _O_WORDS:
        raise DescriptionRefused("an origin must have six words.")
    session_id, version = (grammar.number(word, most=_UINT63_MAX, what="an origin's number") for word in words[1:3])
    return session_id, version


def _finish(session: Session, sections: list[Section]) -> Description:
    mids: set[str] = set()
    for section in sections:
        if not section.mid or section.mid in mids:
            raise DescriptionRefused("a section has no mid, or one that another section has.", line=section.line)
        mids.add(section.mid)
    unknown = [mid for mid in session.bundle if mid not in mids]
    if unknown:
        raise DescriptionRefused("The bundle names a mid that no section has.")
    return Description(
        session_id=session.session_id,
        version=session.version,
        bundle=session.bundle,
        ice_lite=session.ice_lite,
        extmap_allow_mixed=session.extmap_allow_mixed,
        media=tuple(_finish_section(session, section) for section in sections),
    )


def _finish_section(session: Session, section: Section) -> Media:
    return Media(
        kind=section.kind,
        mid=section.mid,
        port=section.port,
        bundle_only=section.bundle_only,
        direction=section.direction or session.direction or Direction.SENDRECV,
        ice_ufrag=section.ice_ufrag or session.ice_ufrag,
        ice_pwd=section.ice_pwd or session.ice_pwd,
        ice_options=section.ice_options or session.ice_options,
        fingerprints=tuple(section.fingerprints or session.fingerprints),
        setup=section.setup or session.setup,
        codecs=_codecs(section),
        extensions=tuple(section.extensions),
        extmap_allow_mixed=section.extmap_allow_mixed,
        rtcp_mux=section.rtcp_mux,
        rtcp_rsize=section.rtcp_rsize,
        msids=tuple(section.msids),
        sources=tuple(section.sources.values()),
        source_groups=tuple(section.source_groups),
        rids=tuple(section.rids),
        simulcast=section.simulcast,
        sctp_port=section.sctp_port,
        max_message_size=section.max_message_size,
        candidates=tuple(section.candidates),
        end_of_candidates=section.end_of_candidates,
    )


def _codecs(section: Section) -> tuple[Codec, ...]:
    everywhere = section.feedback.get(-1, [])
    codecs = []
    for payload_type in section.payload_types:
        entry = section.maps.get(payload_type) or _STATIC.get(payload_type)
        if entry is None:
            raise DescriptionRefused(f"payload type {payload_type} has no rtpmap.", line=section.line)
        name, clock_rate, channels = entry
        codecs.append(
            Codec(
                payload_type=payload_type,
                name=name,
                clock_rate=clock_rate,
                channels=channels or 1,
                parameters=section.parameters.get(payload_type, ""),
                feedback=tuple(dict.fromkeys([*section.feedback.get(payload_type, []), *everywhere])),
            )
        )
    return tuple(codecs)
