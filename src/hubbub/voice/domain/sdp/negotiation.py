"""Answers an endpoint's offer: which codecs, extensions and directions, what it will send us and what we send it.

Source: RFC 9429, 5.3 (answers); RFC 8853, 5.3 (simulcast in answers); RFC 8843, 7.3 (bundle).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hubbub.voice.domain.sdp.capability import Capabilities
from hubbub.voice.domain.sdp.description import (
    Description,
    Extension,
    Kind,
    Media,
    Msid,
    Rid,
    Setup,
    Simulcast,
    direction_of,
)
from hubbub.voice.domain.sdp.negotiated import (
    ChosenCodec,
    OutgoingTrack,
    Ssrcs,
    choose_codecs,
    choose_extensions,
    outgoing_streams,
    written_codecs,
)
from hubbub.voice.domain.sdp.transport import LocalTransport, RemoteTransport, remote_transport

MESSAGE_BYTES_MAX = 64 * 1024
"""Largest message that we take over a data channel."""
SCTP_PORT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How one section that the peer sends in is to be answered."""

    codec: str = ""
    """Name of the codec to put first; empty keeps the peer's order."""
    red: bool = True
    dtx: bool = True
    stereo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A section in which the peer sends."""

    mid: str
    kind: Kind
    msid: Msid | None
    codecs: tuple[ChosenCodec, ...]
    extensions: tuple[Extension, ...]
    rids: tuple[str, ...] = ()
    """Simulcast layers in the peer's order, lowest first as all known clients write them; empty without rids."""
    sources: tuple[Ssrcs, ...] = ()
    """Announced SSRCs, one pair per layer, `rtx` zero where there is none; empty when the packets must tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A section in which we send."""

    mid: str
    track: OutgoingTrack
    ssrcs: Ssrcs
    codecs: tuple[ChosenCodec, ...]
    extensions: tuple[Extension, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A track of ours in a section that the peer offered to receive in."""

    track: OutgoingTrack
    ssrcs: Ssrcs


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer and what it settles."""

    description: Description
    remote: RemoteTransport
    incoming: tuple[Incoming, ...]
    outgoing: tuple[Outgoing, ...]
    unsupported: tuple[str, ...]
    """Sids of assigned tracks whose codecs the peer does not know."""
    data: bool
    """Whether there is a section for data channels."""


@dataclass(slots=True)
class _Answering:
    """One run of `answer`."""

    local: LocalTransport
    capabilities: Capabilities
    incoming: list[Incoming]
    outgoing: list[Outgoing]
    unsupported: list[str]
    data: bool = False


def answer(
    offer: Description,
    local: LocalTransport,
    capabilities: Capabilities,
    *,
    session_id: int,
    wishes: Mapping[str, Wish] | None = None,
    assignments: Mapping[str, Assignment] | None = None,
    receive: bool = True,
) -> Answer:
    """Return the answer to `offer`.

    Args:
        offer: What the peer offers.
        local: Our end of the transport.
        capabilities: What may be negotiated.
        session_id: Of our description; stays the same on this peer connection.
        wishes: How sections that the peer sends in are answered, by mid; one without a wish is taken as it is.
        assignments: What we send, by the mid of a section that the peer offers to receive in.
        receive: Whether the peer may send at all.

    Raises:
        DescriptionRefused: The offer is not bundled, or lacks credentials.
    """
    remote = remote_transport(offer)
    run = _Answering(local, capabilities, [], [], [])
    wishes, assignments = wishes or {}, assignments or {}
    sections = tuple(
        _section(run, media, wishes.get(media.mid, Wish()), assignments.get(media.mid), receive=receive)
        for media in offer.media
    )
    setup = Setup.PASSIVE if remote.active else Setup.ACTIVE
    description = Description(
        session_id=session_id,
        version=offer.version,
        bundle=tuple(media.mid for media in sections if not media.rejected),
        ice_lite=True,
        extmap_allow_mixed=offer.extmap_allow_mixed,
        media=tuple(media if media.rejected else replace(media, setup=setup) for media in sections),
    )
    return Answer(
        description=description,
        remote=remote,
        incoming=tuple(run.incoming),
        outgoing=tuple(run.outgoing),
        unsupported=tuple(run.unsupported),
        data=run.data,
    )


def with_transport(media: Media, local: LocalTransport) -> Media:
    """Return a section of ours with our end of the transport."""
    return replace(
        media,
        ice_ufrag=local.ufrag,
        ice_pwd=local.pwd,
        fingerprints=(local.fingerprint,),
        candidates=local.candidates,
        end_of_candidates=True,
        rtcp_mux=media.kind is not Kind.APPLICATION,
        rtcp_rsize=media.kind is not Kind.APPLICATION,
    )


def _section(run: _Answering, offered: Media, wish: Wish, assignment: Assignment | None, *, receive: bool) -> Media:
    if offered.rejected:
        return _rejection(offered)
    if offered.kind is Kind.APPLICATION:
        run.data = True
        data = Media(kind=offered.kind, mid=offered.mid, sctp_port=SCTP_PORT, max_message_size=MESSAGE_BYTES_MAX)
        return with_transport(data, run.local)
    codecs = choose_codecs(run.capabilities, offered)
    if not codecs:
        if assignment is not None:
            run.unsupported.append(assignment.track.sid)
        return _rejection(offered)
    sent = _sent_codecs(run, codecs, assignment) if offered.direction.receives else ()
    receives = receive and offered.direction.sends
    if receives:
        codecs = _wished(codecs, wish, red=wish.red and run.capabilities.red_from_publishers)
    elif sent:
        codecs = sent
    section = Media(
        kind=offered.kind,
        mid=offered.mid,
        direction=direction_of(sends=bool(sent), receives=receives),
        codecs=written_codecs(codecs, red_first=receives and wish.red),
        extensions=_extensions(run.capabilities, offered),
    )
    if receives:
        section = _receive(run, offered, section, codecs)
    if sent and assignment is not None:
        rtx = sent[0].rtx_payload_type is not None
        section = outgoing_streams(section, assignment.track, assignment.ssrcs, rtx=rtx)
        run.outgoing.append(
            Outgoing(
                mid=offered.mid,
                track=assignment.track,
                ssrcs=assignment.ssrcs,
                codecs=sent,
                extensions=choose_extensions(offered, run.capabilities.sent_extensions(offered.kind)),
            )
        )
    return with_transport(section, run.local)


def _rejection(offered: Media) -> Media:
    return Media(kind=offered.kind, mid=offered.mid, port=0, codecs=offered.codecs[:1])


def _sent_codecs(
    run: _Answering, codecs: tuple[ChosenCodec, ...], assignment: Assignment | None
) -> tuple[ChosenCodec, ...]:
    if assignment is None:
        return ()
    track = assignment.track
    sent = tuple(codec for name in track.codecs for codec in codecs if codec.name.casefold() == name.casefold())
    if not sent:
        run.unsupported.append(track.sid)
    return tuple(with_parameters(codec, stereo=track.stereo) for codec in sent)


def with_parameters(codec: ChosenCodec, *, stereo: bool = False, dtx: bool = False) -> ChosenCodec:
    """Return Opus with what we ask of its sender, or of its player; other codecs unchanged (RFC 7587, 6.1)."""
    if codec.name != "opus":
        return codec
    # Bits that the peer set are its own; only what we mean stands in ours.
    parts = ["minptime=10", "useinbandfec=1"]
    if stereo:
        parts += ["stereo=1", "sprop-stereo=1"]
    if dtx:
        parts.append("usedtx=1")
    return replace(codec, parameters=";".join(parts))


def _wished(codecs: tuple[ChosenCodec, ...], wish: Wish, *, red: bool) -> tuple[ChosenCodec, ...]:
    first = [codec for codec in codecs if codec.name.casefold() == wish.codec.casefold()]
    ordered = [*first, *(codec for codec in codecs if codec not in first)]
    return tuple(
        with_parameters(codec if red else replace(codec, red_payload_type=None), stereo=wish.stereo, dtx=wish.dtx)
        for codec in ordered
    )


def _extensions(capabilities: Capabilities, offered: Media) -> tuple[Extension, ...]:
    """Return all that we know, of either direction.

    Chromium offers a new section only what the sections of its kind kept: an answer that drops the stream ids where we
    only send makes it refuse its own offer of simulcast afterwards.
    """
    wanted = capabilities.received_extensions(offered.kind) + capabilities.sent_extensions(offered.kind)
    return choose_extensions(offered, wanted)


def _receive(run: _Answering, offered: Media, section: Media, codecs: tuple[ChosenCodec, ...]) -> Media:
    """Take note of what the peer will send, and answer its layers."""
    rids = _offered_rids(offered)
    msid = offered.msids[0] if offered.msids else next((each.msid for each in offered.sources if each.msid), None)
    run.incoming.append(
        Incoming(
            mid=offered.mid,
            kind=offered.kind,
            msid=msid,
            codecs=codecs,
            extensions=section.extensions,
            rids=rids,
            sources=() if rids else _offered_sources(offered),
        )
    )
    if not rids:
        return section
    simulcast = Simulcast(receive=rids) if offered.simulcast is not None else None
    return replace(section, rids=tuple(Rid(rid, sends=False) for rid in rids), simulcast=simulcast)


def _offered_rids(offered: Media) -> tuple[str, ...]:
    named = [rid.id for rid in offered.rids if rid.sends]
    if offered.simulcast is None:
        return tuple(named)
    return tuple(
        dict.fromkeys(rid.removeprefix("~") for rid in offered.simulcast.send if rid.removeprefix("~") in named)
    )


def _offered_sources(offered: Media) -> tuple[Ssrcs, ...]:
    pairs = {
        group.ssrcs[0]: group.ssrcs[1] for group in offered.source_groups if _is_pair(group.semantics, group.ssrcs)
    }
    layers = next((group.ssrcs for group in offered.source_groups if group.semantics == "SIM"), None)
    if layers is None:
        repairs = set(pairs.values())
        layers = tuple(source.ssrc for source in offered.sources if source.ssrc not in repairs)[:1]
    return tuple(Ssrcs(ssrc, pairs.get(ssrc, 0)) for ssrc in layers)


def _is_pair(semantics: str, ssrcs: tuple[int, ...]) -> bool:
    return semantics == "FID" and len(ssrcs) == 2  # noqa: PLR2004 - a source and its retransmissions
