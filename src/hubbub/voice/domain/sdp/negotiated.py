"""What a negotiation settles, and the steps that answers and offers share."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hubbub.voice.domain.sdp.capability import Capabilities
from hubbub.voice.domain.sdp.description import Codec, Extension, Kind, Media, Msid, Source, SourceGroup

SLOTS = 1 << 15
"""Sections that one transport can have, seen from an SSRC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCodec:
    """A codec that both ends agreed on, with the payload types that carry it."""

    name: str
    """As this server writes it: ``opus``, ``VP8``, ``VP9``, ``H264`` or ``AV1``."""
    payload_type: int
    clock_rate: int
    channels: int = 1
    parameters: str = ""
    feedback: tuple[str, ...] = ()
    rtx_payload_type: int | None = None
    red_payload_type: int | None = None

    @property
    def nack(self) -> bool:
        """Return whether lost packets are asked for again."""
        return "nack" in self.feedback


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingTrack:
    """A track that a subscriber is to receive."""

    sid: str
    """The track's sid; the subscriber finds it as the track's id."""
    kind: Kind
    stream: str
    """Name of the stream, which tells the subscriber whose track it is."""
    codecs: tuple[str, ...]
    """Names of the codecs that the publisher sends it in, best first."""
    stereo: bool = False


@dataclass(frozen=True, slots=True)
class Ssrcs:
    """The SSRCs of an outgoing track: its low 16 bits name the section, so that no table is asked per packet."""

    media: int
    rtx: int


def ssrcs_of(slot: int, generation: int) -> Ssrcs:
    """Return the SSRCs of the `generation`-th track (from 1) in section `slot`; a new track never inherits old ones."""
    base = ((generation & 0xFFFF) << 16) | (slot % SLOTS) << 1
    return Ssrcs(base, base | 1)


def choose_codecs(capabilities: Capabilities, media: Media) -> tuple[ChosenCodec, ...]:
    """Return the codecs of a remote section that we can use, in the remote's order, with their companions."""
    supported = capabilities.feedback(media.kind)
    retransmissions = {codec.parameter("apt"): codec.payload_type for codec in media.codecs if codec.is_named("rtx")}
    chosen = []
    for codec in media.codecs:
        known = capabilities.format_of(media.kind, codec)
        if known is not None:
            chosen.append(
                ChosenCodec(
                    name=known.name,
                    payload_type=codec.payload_type,
                    clock_rate=codec.clock_rate,
                    channels=codec.channels,
                    parameters=codec.parameters,
                    feedback=tuple(each for each in supported if each in codec.feedback),
                    rtx_payload_type=retransmissions.get(str(codec.payload_type)),
                    red_payload_type=_redundancy(media, codec),
                )
            )
    return tuple(chosen)


def _redundancy(media: Media, codec: Codec) -> int | None:
    """Return the payload type of RED around `codec`; audio only, as nobody needs video's ULPFEC."""
    if media.kind is not Kind.AUDIO:
        return None
    for each in media.codecs:
        if each.is_named("red") and each.parameters.split("/")[0].strip() in {"", str(codec.payload_type)}:
            return each.payload_type
    return None


def written_codecs(chosen: tuple[ChosenCodec, ...], *, red_first: bool = False) -> tuple[Codec, ...]:
    """Return `chosen` with their companions as a section lists them."""
    codecs: list[Codec] = []
    for each in chosen:
        codec = Codec(
            payload_type=each.payload_type,
            name=each.name,
            clock_rate=each.clock_rate,
            channels=each.channels,
            parameters=each.parameters,
            feedback=each.feedback,
        )
        codecs.append(codec)
        if each.red_payload_type is not None:
            red = replace(
                codec,
                payload_type=each.red_payload_type,
                name="red",
                parameters=f"{each.payload_type}/{each.payload_type}",
                feedback=(),
            )
            codecs.insert(len(codecs) - 1 if red_first else len(codecs), red)
        if each.rtx_payload_type is not None:
            codecs.append(
                Codec(
                    payload_type=each.rtx_payload_type,
                    name="rtx",
                    clock_rate=each.clock_rate,
                    parameters=f"apt={each.payload_type}",
                )
            )
    return tuple(codecs)


def choose_extensions(media: Media, wanted: tuple[str, ...]) -> tuple[Extension, ...]:
    """Return those of the remote's header extensions that are wanted."""
    return tuple(extension for extension in media.extensions if extension.uri in wanted)


def outgoing_streams(media: Media, track: OutgoingTrack, ssrcs: Ssrcs, *, rtx: bool) -> Media:
    """Return our section with the names and SSRCs of the track that it carries."""
    cname = track.stream.partition("|")[0]
    sources = [Source(ssrcs.media, cname)]
    groups: tuple[SourceGroup, ...] = ()
    if rtx:
        sources.append(Source(ssrcs.rtx, cname))
        groups = (SourceGroup("FID", (ssrcs.media, ssrcs.rtx)),)
    return replace(media, msids=(Msid(track.stream, track.sid),), sources=tuple(sources), source_groups=groups)
