"""Our offers to a subscriber: sections are added, stopped and used again, and never removed.

Calling contract: `subscribe` and `unsubscribe` say what is wanted; while `pending` is false and `stale` is true, send
what `renew` returns, and give the peer's answer to `accept`. One offer is under way at a time.

Source: RFC 9429, 5.2 (offers; recycling of sections stays out: a stopped section waits for the next track).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hubbub.voice.domain.sdp.capability import EXTENSION_IDS, Capabilities, codec_of
from hubbub.voice.domain.sdp.description import Description, Direction, Extension, Kind, Media, Setup
from hubbub.voice.domain.sdp.negotiated import (
    ChosenCodec,
    OutgoingTrack,
    Ssrcs,
    choose_codecs,
    choose_extensions,
    outgoing_streams,
    ssrcs_of,
    written_codecs,
)
from hubbub.voice.domain.sdp.negotiation import MESSAGE_BYTES_MAX, SCTP_PORT, Outgoing, with_parameters, with_transport
from hubbub.voice.domain.sdp.reader import SECTIONS_MAX
from hubbub.voice.domain.sdp.transport import LocalTransport, RemoteTransport, remote_transport
from hubbub.voice.errors import DescriptionRefused


@dataclass(slots=True)
class _Section:
    """One media section of ours, through the tracks that it carries one after the other."""

    mid: str
    kind: Kind
    track: OutgoingTrack | None = None
    generation: int = 0
    resting: bool = False
    """Whether the peer has agreed that nothing is sent, so that another track may take the place."""
    offered: OutgoingTrack | None = None
    """What the offer under way says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What the peer's answer settles."""

    remote: RemoteTransport
    outgoing: tuple[Outgoing, ...]
    unsupported: tuple[str, ...]
    """Sids of tracks that the peer cannot decode, or will not take."""


@dataclass(slots=True)
class SubscriberOffer:
    """The offering side of one subscriber's peer connection."""

    capabilities: Capabilities
    session_id: int
    sections: list[_Section] = field(default_factory=lambda: [_Section("0", Kind.APPLICATION)])
    version: int = 0
    pending: bool = False
    """Whether an offer waits for its answer."""
    stale: bool = True
    """Whether something changed since the last offer."""
    offered: int = 0
    """Sections of the last offer."""

    def subscribe(self, track: OutgoingTrack) -> str | None:
        """Add a track and return the mid of its section; None when there are as many sections as there may be."""
        known = self._carrying(track.sid)
        if known is not None:
            if known.track != track:
                known.track, self.stale = track, True
            return known.mid
        section = next(
            (each for each in self.sections if each.kind is track.kind and each.track is None and each.resting), None
        )
        if section is None:
            if len(self.sections) >= SECTIONS_MAX:
                return None
            section = _Section(str(len(self.sections)), track.kind)
            self.sections.append(section)
        section.track, section.resting = track, False
        section.generation += 1
        self.stale = True
        return section.mid

    def unsubscribe(self, sid: str) -> bool:
        """Stop sending a track; return whether it was sent."""
        section = self._carrying(sid)
        if section is None:
            return False
        section.track, self.stale = None, True
        return True

    def restart(self) -> None:
        """Forget the offer under way and make a new one due: the peer lost it, or ICE starts anew."""
        self.pending, self.stale = False, True

    def renew(self, local: LocalTransport) -> Description:
        """Return the next offer."""
        self.version += 1
        self.pending, self.stale, self.offered = True, False, len(self.sections)
        return Description(
            session_id=self.session_id,
            version=self.version,
            bundle=tuple(section.mid for section in self.sections),
            ice_lite=True,
            extmap_allow_mixed=True,
            media=tuple(self._write(section, slot, local) for slot, section in enumerate(self.sections)),
        )

    def tracks(self) -> dict[str, str]:
        """Return the sid of the track in each section that has one, by mid."""
        return {section.mid: section.track.sid for section in self.sections if section.track is not None}

    def accept(self, answer: Description) -> Accepted:
        """Take the peer's answer to the offer under way.

        Raises:
            DescriptionRefused: No offer is under way, or the answer's sections are not those of the offer.
        """
        if not self.pending:
            raise DescriptionRefused("An answer arrived, and no offer waits for one.")
        offered = self.sections[: self.offered]
        if [section.mid for section in offered] != [media.mid for media in answer.media]:
            raise DescriptionRefused("The answer's sections are not those of the offer.")
        remote = remote_transport(answer)
        self.pending = False
        outgoing, unsupported = [], []
        for slot, (section, media) in enumerate(zip(offered, answer.media, strict=True)):
            if section.offered is None:
                section.resting = section.track is None
            elif (settled := self._settle(section, slot, media)) is not None:
                outgoing.append(settled)
            else:
                unsupported.append(section.offered.sid)
        return Accepted(remote=remote, outgoing=tuple(outgoing), unsupported=tuple(unsupported))

    def _settle(self, section: _Section, slot: int, media: Media) -> Outgoing | None:
        track = section.offered
        codecs = choose_codecs(self.capabilities, media)
        if track is None or media.rejected or not media.direction.receives or not codecs:
            return None
        return Outgoing(
            mid=section.mid,
            track=track,
            ssrcs=self._ssrcs(section, slot),
            codecs=codecs,
            extensions=choose_extensions(media, self.capabilities.sent_extensions(media.kind)),
        )

    def _carrying(self, sid: str) -> _Section | None:
        return next((each for each in self.sections if each.track is not None and each.track.sid == sid), None)

    @staticmethod
    def _ssrcs(section: _Section, slot: int) -> Ssrcs:
        return ssrcs_of(slot, section.generation)

    def _write(self, section: _Section, slot: int, local: LocalTransport) -> Media:
        section.offered = section.track
        if section.kind is Kind.APPLICATION:
            media = Media(kind=section.kind, mid=section.mid, sctp_port=SCTP_PORT, max_message_size=MESSAGE_BYTES_MAX)
        else:
            media = self._media(section, slot)
        return replace(with_transport(media, local), setup=Setup.ACTPASS)

    def _media(self, section: _Section, slot: int) -> Media:
        track = section.track
        codecs = self._offered_codecs(section.kind, track)
        media = Media(
            kind=section.kind,
            mid=section.mid,
            direction=Direction.SENDONLY if track is not None else Direction.INACTIVE,
            codecs=written_codecs(codecs),
            extensions=tuple(
                Extension(EXTENSION_IDS[uri], uri) for uri in self.capabilities.sent_extensions(section.kind)
            ),
        )
        if track is None:
            return media
        rtx = any(codec.rtx_payload_type is not None for codec in codecs)
        return outgoing_streams(media, track, self._ssrcs(section, slot), rtx=rtx)

    def _offered_codecs(self, kind: Kind, track: OutgoingTrack | None) -> tuple[ChosenCodec, ...]:
        """Return what the publisher sends; of a section at rest, all that there is."""
        feedback = self.capabilities.feedback(kind)
        names = [name.casefold() for name in track.codecs] if track is not None else []
        formats = [each for each in self.capabilities.formats if each.kind is kind]
        wanted = [each for name in names for each in formats if each.name.casefold() == name] or formats
        return tuple(
            with_parameters(
                ChosenCodec(
                    name=each.name,
                    payload_type=each.payload_type,
                    clock_rate=each.clock_rate,
                    channels=each.channels,
                    parameters=codec_of(each).parameters,
                    feedback=feedback,
                    rtx_payload_type=each.rtx_payload_type,
                    red_payload_type=each.red_payload_type,
                ),
                stereo=track is not None and track.stereo,
            )
            for each in wanted
        )
