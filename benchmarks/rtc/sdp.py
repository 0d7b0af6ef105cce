"""As much of session descriptions as a load generator needs: what the server is, and an answer to any offer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
_EXTENSIONS = {LEVEL: 1, TRANSPORT_CC: 3, MID: 4}
_CANDIDATE = re.compile(r"candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", re.IGNORECASE)
_OPUS, _VP8 = 111, 96


@dataclass(frozen=True, slots=True)
class Local:
    """Our end of a transport, as `hubbub-load` made it."""

    ufrag: str
    pwd: str
    fingerprint: str


@dataclass(slots=True)
class Remote:
    """The server's end, as its description tells."""

    ufrag: str
    pwd: str
    fingerprint: str
    client: bool
    """Whether we open the DTLS handshake."""
    transport_cc: int
    lite: bool = False
    """Whether the server never checks paths itself."""
    addresses: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sent:
    """A stream that we offer."""

    cid: str
    video: bool
    ssrc: int
    manner: str = "proper"
    """How it is made, as `hubbub-load` names it."""
    bits_per_second: int = 1_500_000
    """Of video."""

    @property
    def payload_type(self) -> int:
        """Return the payload type that we offer it with."""
        return _VP8 if self.video else _OPUS


def read_remote(sdp: str) -> Remote:
    """Return what the description says of its writer's transport."""
    setup = _value(sdp, "setup") or "actpass"
    ids = re.findall(r"a=extmap:(\d+)(?:/\w+)? (\S+)", sdp)
    return Remote(
        ufrag=_value(sdp, "ice-ufrag"),
        pwd=_value(sdp, "ice-pwd"),
        fingerprint=_value(sdp, "fingerprint"),
        client=setup != "active",
        transport_cc=next((int(number) for number, uri in ids if uri == TRANSPORT_CC), 0),
        lite="a=ice-lite" in sdp,
        addresses=read_candidates(sdp),
    )


def read_candidates(text: str) -> list[tuple[str, int]]:
    """Return the UDP host candidates in a description or a trickled candidate."""
    return [(address, int(port)) for address, port in _CANDIDATE.findall(text)]


def offer(local: Local, streams: list[Sent], version: int) -> str:
    """Return an offer to send `streams`, one section each."""
    mids = " ".join(str(mid) for mid in range(len(streams)))
    lines = _session(version, mids)
    for mid, stream in enumerate(streams):
        name, rate = ("VP8", "90000") if stream.video else ("opus", "48000/2")
        kind, number = ("video", _VP8) if stream.video else ("audio", _OPUS)
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"]
        lines += _transport(local, "actpass")
        lines += [f"a=mid:{mid}", "a=sendonly", "a=rtcp-mux", "a=rtcp-rsize"]
        lines += [f"a=extmap:{identity} {uri}" for uri, identity in _EXTENSIONS.items()]
        lines += [f"a=rtpmap:{number} {name}/{rate}", f"a=rtcp-fb:{number} transport-cc"]
        if stream.video:
            lines += [f"a=rtcp-fb:{number} nack", f"a=rtcp-fb:{number} nack pli"]
        lines += [f"a=msid:load {stream.cid}", f"a=ssrc:{stream.ssrc} cname:load", ""]
        lines.pop()
    return _text(lines)


def extension(uri: str) -> int:
    """Return the number that our offers give a header extension."""
    return _EXTENSIONS[uri]


def answer(local: Local, offered: str) -> str:
    """Return an answer that receives whatever is offered; payload types and extensions stay as they are."""
    head, *sections = re.split(r"^(?=m=)", offered.replace("\r\n", "\n"), flags=re.MULTILINE)
    bundle = re.search(r"a=group:BUNDLE ([^\n]*)", head)
    lines = _session(1, bundle[1] if bundle else "0")
    for section in sections:
        first = section.split("\n", 1)[0].split()
        lines += [" ".join([first[0], "9", *first[2:]]), "c=IN IP4 0.0.0.0"]
        lines += _transport(local, "active")
        kept = ("mid:", "rtpmap:", "fmtp:", "rtcp-fb:", "extmap:", "rtcp-mux", "rtcp-rsize", "sctp-port:")
        lines += [line for line in section.split("\n") if line.removeprefix("a=").startswith(kept)]
        if not first[0].startswith("m=application"):
            lines.append("a=recvonly" if "a=inactive" not in section else "a=inactive")
    return _text(lines)


def _session(version: int, mids: str) -> list[str]:
    return [
        "v=0",
        f"o=- 4611731400430051336 {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mids}",
        "a=msid-semantic: WMS *",
    ]


def _transport(local: Local, setup: str) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:{local.fingerprint}",
        f"a=setup:{setup}",
    ]


def _value(sdp: str, name: str) -> str:
    found = re.search(rf"^a={name}:([^\r\n]+)", sdp, re.MULTILINE)
    return found[1].strip() if found else ""


def _text(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"
