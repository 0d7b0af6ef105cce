"""A session description as typed values: what WebRTC endpoints say to each other, and nothing else that SDP could.

Attributes that a description may give once for the whole session (ICE, DTLS) are found in each media section here; the
reader copies them there.

Source: RFC 8866 (SDP), RFC 9429 (JSEP), RFC 8839 (ICE), RFC 8842 (DTLS), RFC 8843 (BUNDLE), RFC 8853 (simulcast),
RFC 8851 (rid), RFC 8285 (header extensions), RFC 8830 (msid), RFC 5576 (ssrc), RFC 8841 (SCTP).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a media section carries."""

    AUDIO = "audio"
    VIDEO = "video"
    APPLICATION = "application"


class Direction(StrEnum):
    """Who sends, seen from whoever wrote the description."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        """Return whether the writer sends."""
        return self in {Direction.SENDRECV, Direction.SENDONLY}

    @property
    def receives(self) -> bool:
        """Return whether the writer receives."""
        return self in {Direction.SENDRECV, Direction.RECVONLY}


def direction_of(*, sends: bool, receives: bool) -> Direction:
    """Return the direction of a writer who does as said."""
    if sends:
        return Direction.SENDRECV if receives else Direction.SENDONLY
    return Direction.RECVONLY if receives else Direction.INACTIVE


class Setup(StrEnum):
    """Who opens the DTLS handshake: `active` does, `passive` waits, `actpass` leaves the choice to the other."""

    ACTPASS = "actpass"
    ACTIVE = "active"
    PASSIVE = "passive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One payload type: `a=rtpmap` with its `a=fmtp` and `a=rtcp-fb`."""

    payload_type: int
    """0 to 127."""
    name: str
    """As written, e.g. ``opus`` or ``VP8``; compare it with `is_named`."""
    clock_rate: int
    """Hertz."""
    channels: int = 1
    parameters: str = ""
    """The text after the payload type of `a=fmtp`."""
    feedback: tuple[str, ...] = ()
    """Such as ``nack pli``."""

    def is_named(self, name: str) -> bool:
        """Return whether this is the codec `name`, whatever the case."""
        return self.name.casefold() == name.casefold()

    def parameter(self, name: str) -> str | None:
        """Return one parameter's value out of ``a=1;b=2``, or None when it is not given."""
        for part in self.parameters.split(";"):
            key, equals, value = part.partition("=")
            if equals and key.strip().casefold() == name:
                return value.strip()
        return None


@dataclass(frozen=True, slots=True)
class Extension:
    """An RTP header extension and the number it goes by: `a=extmap`."""

    id: int
    """1 to 14 fits one-byte headers; up to 255 with two-byte ones."""
    uri: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hash of the certificate that the DTLS peer will show."""

    algorithm: str
    """E.g. ``sha-256``."""
    value: str
    """Hexadecimal octets joined by colons, upper case."""


@dataclass(frozen=True, slots=True)
class Msid:
    """The stream and the track that a section carries; `track` is empty when only the stream is named."""

    stream: str
    track: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One `a=ssrc` with its CNAME and, from old endpoints, its msid."""

    ssrc: int
    cname: str = ""
    msid: Msid | None = None


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """`a=ssrc-group`: ``FID`` pairs a source with its retransmissions, ``SIM`` lists simulcast layers."""

    semantics: str
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rid:
    """`a=rid`: a stream named by its restriction identifier."""

    id: str
    sends: bool
    """Whether the writer sends it, else receives."""
    restrictions: str = ""


@dataclass(frozen=True, slots=True)
class Simulcast:
    """`a=simulcast`: rids in order of preference; a paused one starts with ``~``; alternatives are not kept."""

    send: tuple[str, ...] = ()
    receive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address at which a peer may be reached (RFC 8839, 5.1; RFC 6544 for TCP)."""

    foundation: str
    component: int = 1
    transport: str = "udp"
    """Lower case: ``udp`` or ``tcp``."""
    priority: int
    """Unsigned, 32 bits."""
    address: str
    """IPv4, IPv6 or a name ending in ``.local``."""
    port: int
    type: str = "host"
    tcp_type: str = ""
    """``active``, ``passive`` or ``so`` for TCP; empty for UDP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One media section."""

    kind: Kind
    mid: str
    port: int = 9
    """Zero when the section is rejected, or bundled only."""
    bundle_only: bool = False
    direction: Direction = Direction.SENDRECV
    ice_ufrag: str = ""
    ice_pwd: str = ""
    ice_options: tuple[str, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: Setup | None = None
    codecs: tuple[Codec, ...] = ()
    """In order of preference, as the payload types of the `m=` line stand."""
    extensions: tuple[Extension, ...] = ()
    extmap_allow_mixed: bool = False
    """Said of this section alone; `Description` has what is said of all."""
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    msids: tuple[Msid, ...] = ()
    sources: tuple[Source, ...] = ()
    source_groups: tuple[SourceGroup, ...] = ()
    rids: tuple[Rid, ...] = ()
    simulcast: Simulcast | None = None
    sctp_port: int = 0
    max_message_size: int = 0
    """Bytes; zero when not given."""
    candidates: tuple[Candidate, ...] = ()
    end_of_candidates: bool = False

    @property
    def rejected(self) -> bool:
        """Return whether the section is switched off for good."""
        return self.port == 0 and not self.bundle_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A whole session description."""

    session_id: int
    """Unsigned, 63 bits; stays the same for the life of a peer connection."""
    version: int
    """Grows with every description of the same session."""
    bundle: tuple[str, ...] = ()
    """Mids that share one transport."""
    ice_lite: bool = False
    extmap_allow_mixed: bool = False
    media: tuple[Media, ...] = field(default=())
