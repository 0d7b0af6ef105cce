"""Writes a session description in the form that browsers read."""

from __future__ import annotations

from collections.abc import Iterator

from hubbub.voice.domain.sdp.description import Description, Kind, Media, Simulcast
from hubbub.voice.domain.sdp.grammar import candidate_text

_PROFILE = "UDP/TLS/RTP/SAVPF"
_DATA_PROFILE = "UDP/DTLS/SCTP"


def write_description(description: Description) -> str:
    """Return `description` as text; reading it again gives the same values."""
    lines = [
        "v=0",
        f"o=- {description.session_id} {description.version} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
    ]
    if description.bundle:
        lines.append("a=group:BUNDLE " + " ".join(description.bundle))
    if description.ice_lite:
        lines.append("a=ice-lite")
    if description.extmap_allow_mixed:
        lines.append("a=extmap-allow-mixed")
    lines.append("a=msid-semantic: WMS *")
    for media in description.media:
        lines += _section(media)
    return "\r\n".join(lines) + "\r\n"


def _section(media: Media) -> Iterator[str]:
    if media.kind is Kind.APPLICATION:
        yield f"m=application {media.port} {_DATA_PROFILE} webrtc-datachannel"
    else:
        formats = " ".join(str(codec.payload_type) for codec in media.codecs) or "0"
        yield f"m={media.kind} {media.port} {_PROFILE} {formats}"
    yield "c=IN IP4 0.0.0.0"
    yield f"a=mid:{media.mid}"
    if media.bundle_only:
        yield "a=bundle-only"
    if media.extmap_allow_mixed:
        yield "a=extmap-allow-mixed"
    yield from _transport(media)
    yield f"a={media.direction}"
    if media.kind is Kind.APPLICATION:
        if media.sctp_port:
            yield f"a=sctp-port:{media.sctp_port}"
        if media.max_message_size:
            yield f"a=max-message-size:{media.max_message_size}"
    else:
        yield from _formats(media)
        yield from _streams(media)


def _transport(media: Media) -> Iterator[str]:
    if media.ice_ufrag:
        yield f"a=ice-ufrag:{media.ice_ufrag}"
    if media.ice_pwd:
        yield f"a=ice-pwd:{media.ice_pwd}"
    if media.ice_options:
        yield "a=ice-options:" + " ".join(media.ice_options)
    for fingerprint in media.fingerprints:
        yield f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}"
    if media.setup is not None:
        yield f"a=setup:{media.setup}"
    for candidate in media.candidates:
        yield f"a={candidate_text(candidate)}"
    if media.end_of_candidates:
        yield "a=end-of-candidates"


def _formats(media: Media) -> Iterator[str]:
    if media.rtcp_mux:
        yield "a=rtcp-mux"
    if media.rtcp_rsize:
        yield "a=rtcp-rsize"
    for extension in media.extensions:
        yield f"a=extmap:{extension.id} {extension.uri}"
    for codec in media.codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        yield f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}{channels}"
        for feedback in codec.feedback:
            yield f"a=rtcp-fb:{codec.payload_type} {feedback}"
        if codec.parameters:
            yield f"a=fmtp:{codec.payload_type} {codec.parameters}"


def _streams(media: Media) -> Iterator[str]:
    for msid in media.msids:
        yield f"a=msid:{msid.stream} {msid.track}".rstrip()
    for rid in media.rids:
        yield f"a=rid:{rid.id} {'send' if rid.sends else 'recv'} {rid.restrictions}".rstrip()
    if media.simulcast is not None:
        yield _simulcast(media.simulcast)
    for group in media.source_groups:
        yield f"a=ssrc-group:{group.semantics} " + " ".join(map(str, group.ssrcs))
    for source in media.sources:
        if source.cname or source.msid is None:
            yield f"a=ssrc:{source.ssrc} cname:{source.cname}"
        if source.msid is not None:
            yield f"a=ssrc:{source.ssrc} msid:{source.msid.stream} {source.msid.track}".rstrip()


def _simulcast(simulcast: Simulcast) -> str:
    parts = []
    if simulcast.send:
        parts.append("send " + ";".join(simulcast.send))
    if simulcast.receive:
        parts.append("recv " + ";".join(simulcast.receive))
    return "a=simulcast:" + " ".join(parts)
