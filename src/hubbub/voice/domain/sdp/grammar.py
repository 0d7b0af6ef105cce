"""The small pieces of SDP's grammar: values that are read, checked and bounded one by one."""

from __future__ import annotations

import re

from hubbub.voice.domain.sdp.description import Candidate, Fingerprint, Msid, Rid, Simulcast, SourceGroup
from hubbub.voice.errors import DescriptionRefused

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")
_ICE_CHARACTERS = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FOUNDATION = re.compile(r"[A-Za-z0-9+/]{1,32}")
_RID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_ADDRESS = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_FINGERPRINT = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2}){15,63}")
_MSID = re.compile(r"[!-~]{1,256}")
_CANDIDATE_TYPES = frozenset({"host", "srflx", "prflx", "relay"})
_CANDIDATE_WORDS_MIN = 8
_SSRCS_PER_GROUP = 8
_RIDS_PER_SIDE = 8
UINT32_MAX = (1 << 32) - 1
PORT_MAX = 65_535


def number(text: str, *, most: int, what: str) -> int:
    """Return a decimal number from zero to `most`."""
    if not (text.isascii() and text.isdigit()) or len(text) > 20 or int(text) > most:  # noqa: PLR2004 - 64 bits
        raise DescriptionRefused(f"{what} must be a number from 0 to {most}.")
    return int(text)


def token(text: str, what: str) -> str:
    """Return a token of SDP, such as a mid."""
    if not _TOKEN.fullmatch(text):
        raise DescriptionRefused(f"{what} must be a token of 1 to 64 characters.")
    return text


def ice_characters(text: str, what: str) -> str:
    """Return a user fragment or password of ICE."""
    if not _ICE_CHARACTERS.fullmatch(text):
        raise DescriptionRefused(f"{what} must be 4 to 256 letters, digits, '+' or '/'.")
    return text


def rid(text: str) -> str:
    """Return a restriction identifier."""
    if not _RID.fullmatch(text):
        raise DescriptionRefused("A rid must be 1 to 32 letters, digits, '-' or '_'.")
    return text


def fingerprint(text: str) -> Fingerprint:
    """Return the value of `a=fingerprint`."""
    algorithm, _, value = text.partition(" ")
    value = value.strip().upper()
    if not _FINGERPRINT.fullmatch(value):
        raise DescriptionRefused("A fingerprint must be 16 to 64 octets in hexadecimal, joined by colons.")
    return Fingerprint(token(algorithm, "The fingerprint's algorithm").lower(), value)


def msid(text: str) -> Msid:
    """Return the value of `a=msid`."""
    stream, _, track = text.strip().partition(" ")
    track = track.split(" ", 1)[0]
    if not _MSID.fullmatch(stream) or (track and not _MSID.fullmatch(track)):
        raise DescriptionRefused("An msid must be a stream and a track of 1 to 256 visible characters.")
    return Msid(stream, track)


def source_group(text: str) -> SourceGroup:
    """Return the value of `a=ssrc-group`."""
    semantics, *ssrcs = text.split()
    if not ssrcs or len(ssrcs) > _SSRCS_PER_GROUP:
        raise DescriptionRefused(f"A group of SSRCs must have 1 to {_SSRCS_PER_GROUP} of them.")
    return SourceGroup(
        token(semantics, "The group's meaning"), tuple(number(each, most=UINT32_MAX, what="An SSRC") for each in ssrcs)
    )


def restriction(text: str) -> Rid:
    """Return the value of `a=rid`."""
    name, _, rest = text.partition(" ")
    direction, _, restrictions = rest.partition(" ")
    if direction not in {"send", "recv"}:
        raise DescriptionRefused("A rid must be followed by 'send' or 'recv'.")
    return Rid(rid(name), direction == "send", restrictions.strip())


def simulcast(text: str) -> Simulcast:
    """Return the value of `a=simulcast`."""
    words = text.split()
    sides: dict[str, tuple[str, ...]] = {}
    if len(words) not in {2, 4}:
        raise DescriptionRefused("Simulcast must name 'send' or 'recv' and their rids.")
    for side, streams in zip(words[::2], words[1::2], strict=True):
        if side not in {"send", "recv"} or side in sides:
            raise DescriptionRefused("Simulcast must name 'send' or 'recv', each once.")
        names = streams.split(";")
        if len(names) > _RIDS_PER_SIDE:
            raise DescriptionRefused(f"Simulcast may have at most {_RIDS_PER_SIDE} streams in a direction.")
        sides[side] = tuple(_simulcast_stream(name) for name in names)
    return Simulcast(send=sides.get("send", ()), receive=sides.get("recv", ()))


def _simulcast_stream(text: str) -> str:
    first = text.split(",", 1)[0]
    paused = "~" if first.startswith("~") else ""
    return paused + rid(first.removeprefix("~"))


def candidate(text: str) -> Candidate:
    """Return a candidate, with or without ``candidate:`` before it, as trickled ones have it too."""
    words = text.removeprefix("a=").removeprefix("candidate:").split()
    if len(words) < _CANDIDATE_WORDS_MIN or words[6] != "typ":
        raise DescriptionRefused("A candidate must have eight words, the seventh 'typ'.")
    foundation, component, transport, priority, address, port, _, kind, *rest = words
    more = dict(zip(rest[::2], rest[1::2], strict=False))
    if not _FOUNDATION.fullmatch(foundation) or not _ADDRESS.fullmatch(address) or kind not in _CANDIDATE_TYPES:
        raise DescriptionRefused("A candidate's foundation, address or type cannot be read.")
    if transport.lower() not in {"udp", "tcp"}:
        raise DescriptionRefused("A candidate's transport must be UDP or TCP.")
    return Candidate(
        foundation=foundation,
        component=number(component, most=256, what="A candidate's component"),
        transport=transport.lower(),
        priority=number(priority, most=UINT32_MAX, what="A candidate's priority"),
        address=address,
        port=number(port, most=PORT_MAX, what="A candidate's port"),
        type=kind,
        tcp_type=token(more.get("tcptype", ""), "A candidate's tcptype") if "tcptype" in more else "",
    )


def candidate_text(value: Candidate) -> str:
    """Return a candidate as SDP and trickling write it, ``candidate:`` included."""
    text = (
        f"candidate:{value.foundation} {value.component} {value.transport} {value.priority} "
        f"{value.address} {value.port} typ {value.type}"
    )
    return f"{text} tcptype {value.tcp_type}" if value.tcp_type else text
