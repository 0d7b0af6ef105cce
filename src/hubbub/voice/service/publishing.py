"""What members publish: tracks are announced, found again in an offer, negotiated, muted and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from livekit.protocol import rtc

from hubbub.kernel.randomness import RandomSource
from hubbub.voice.domain.room import Track, check_length
from hubbub.voice.domain.sdp.capability import Capabilities
from hubbub.voice.domain.sdp.description import Description, Kind, Media
from hubbub.voice.domain.sdp.negotiation import Answer, Incoming, Wish, answer
from hubbub.voice.domain.sdp.reader import read_description
from hubbub.voice.domain.sdp.transport import remote_transport
from hubbub.voice.domain.sdp.writer import write_description
from hubbub.voice.domain.sid import TRACK, new_sid
from hubbub.voice.errors import NotPermitted, RequestRefused, VoiceError
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.listener import Listeners
from hubbub.voice.service.live_room import Member
from hubbub.voice.service.media_plane import Layer, MediaPlane, Quality
from hubbub.voice.service.message import enum, track_message, track_of
from hubbub.voice.service.subscribing import Subscribing
from hubbub.voice.service.transports import Transports

_CID_BYTES_MAX = 256


@dataclass(slots=True)
class Publishing:
    """The sending side of every member."""

    plane: MediaPlane
    random: RandomSource
    capabilities: Capabilities
    transports: Transports
    subscribing: Subscribing
    listeners: Listeners
    tracks_max: int
    name_bytes_max: int
    publishers: dict[str, Member] = field(default_factory=dict)
    """Who publishes a track, by its sid."""

    # -- negotiation -----------------------------------------------------------------------------------------------

    def announce(self, member: Member, request: rtc.AddTrackRequest) -> None:
        """Take the announcement of a track, and answer with the sid that it has from now on."""
        try:
            track = self._announced(member, request)
        except VoiceError as problem:
            reason = (
                rtc.RequestResponse.NOT_ALLOWED
                if isinstance(problem, NotPermitted)
                else rtc.RequestResponse.INVALID_REQUEST
            )
            member.send(
                request_response=rtc.RequestResponse(reason=reason, message=problem.sentence, add_track=request)
            )
            return
        member.pending[track.cid] = track
        member.participant.tracks[track.sid] = track
        member.send(track_published=rtc.TrackPublishedResponse(cid=request.cid, track=track_message(track)))
        # The offer may have come before the announcement.
        for incoming in list(member.incoming.values()):
            if incoming.msid is not None and incoming.msid.track == track.cid:
                self.tell_published(member, self._publish(member, track, incoming))

    def _announced(self, member: Member, request: rtc.AddTrackRequest) -> Track:
        if request.sid:
            raise RequestRefused("A second codec for a track is not taken.")
        if not request.cid or request.cid in member.pending:
            raise RequestRefused("A track needs a client's id that no other announced track has.")
        check_length(request.cid, _CID_BYTES_MAX, "The client's id of a track")
        check_length(request.name, self.name_bytes_max, "The name of a track")
        track = track_of(request, new_sid(TRACK, self.random))
        check_length(track.cid, _CID_BYTES_MAX, "The client's id of a track")
        member.participant.check_may_publish(track.source, tracks_max=self.tracks_max)
        return track

    def offered(self, member: Member, message: rtc.SessionDescription) -> None:
        """Answer a client's offer.

        Raises:
            DescriptionRefused: It cannot be used.
        """
        offer = read_description(message.sdp)
        remote = remote_transport(offer)
        if member.publisher is None:
            member.publisher = self.transports.open(member)
        elif member.publisher.remote is not None and member.publisher.remote.ufrag != remote.ufrag:
            member.publisher.local = self.plane.restart_ice(member.publisher.transport_id)
        transport = member.publisher
        claims = self._claims(member, offer)
        settled = answer(
            offer,
            transport.local,
            self.capabilities,
            session_id=transport.transport_id,
            wishes={mid: _wish(track) for mid, track in claims.items()},
            assignments=member.receiving.plan(offer) if member.receiving is not None else None,
            receive=member.participant.permission.can_publish,
        )
        if transport.remote != settled.remote:
            transport.remote = settled.remote
            self.plane.perform(plane.SetRemote(transport.transport_id, settled.remote))
        self._take(member, settled, claims)
        member.asked = None
        mids = member.receiving.tracks() if member.receiving is not None else {}
        member.send(
            answer=rtc.SessionDescription(
                type="answer", sdp=write_description(settled.description), id=message.id, mid_to_track_id=mids
            )
        )
        if member.receiving is not None:
            self.subscribing.settle(member, transport, settled.outgoing, settled.unsupported)
            self.subscribing.flush(member)

    def _claims(self, member: Member, offer: Description) -> dict[str, Track]:
        """Return the announced or published track of each section that the client sends in."""
        claims: dict[str, Track] = {}
        by_mid = {track.mid: track for track in member.participant.tracks.values() if track.mid}
        sending = [
            media
            for media in offer.media
            if media.kind is not Kind.APPLICATION and not media.rejected and media.direction.sends
        ]
        mids = {media.mid for media in sending}
        # Announced again while its old section still stood, a track was found there, and goes on in another.
        strayed = {track.cid: track for mid, track in by_mid.items() if mid not in mids}
        unnamed = []
        for media in sending:
            names = _names(media)
            known = by_mid.get(media.mid) or next((strayed[each] for each in names if each in strayed), None)
            named = next((each for each in names if each in member.pending), None)
            if named is not None:
                claims[media.mid] = member.pending[named]
            elif known is not None and not _renamed(member, known, media):
                claims[media.mid] = known
            elif not names:
                unnamed.append(media)
        # Endpoints that name no track announce one of a kind at a time.
        for media in unnamed:
            taken = {track.sid for track in claims.values()}
            waiting = [t for t in member.pending.values() if t.kind is media.kind and t.sid not in taken]
            if waiting:
                claims[media.mid] = waiting[0]
        return claims

    def _take(self, member: Member, settled: Answer, claims: dict[str, Track]) -> None:
        before = member.incoming
        member.incoming = {incoming.mid: incoming for incoming in settled.incoming}
        claimed = {track.sid for mid, track in claims.items() if mid in member.incoming}
        for track in [each for each in member.participant.published() if each.sid not in claimed]:
            self.unpublish(member, track)
        published: dict[str, bool] = {}
        for mid, track in claims.items():
            incoming = member.incoming.get(mid)
            if incoming is not None and (track.mid != mid or before.get(mid) != incoming):
                published |= self._publish(member, track, incoming)
        # All at once: the others need one offer for a camera and a microphone.
        self.tell_published(member, published)

    def _publish(self, member: Member, track: Track, incoming: Incoming) -> dict[str, bool]:
        """Tell the media plane of a negotiated track; return its sid and whether it is new, if others must know."""
        transport = member.publisher
        if transport is None or not incoming.codecs:
            return {}
        known = track.published
        member.pending.pop(track.cid, None)
        codec = incoming.codecs[0].name
        changed = (track.mid, track.codec) != (incoming.mid, codec)
        track.mid, track.codec = incoming.mid, codec
        track.simulcast = max(len(incoming.rids), len(incoming.sources)) > 1
        self.plane.perform(
            plane.PublishTrack(
                transport_id=transport.transport_id,
                track=track.sid,
                kind=track.kind,
                mid=incoming.mid,
                codecs=incoming.codecs,
                extensions=incoming.extensions,
                rids=incoming.rids,
                sources=incoming.sources,
                layers=_layers(track),
                muted=track.muted,
            )
        )
        return {track.sid: not known} if changed else {}

    # -- what the others know of it --------------------------------------------------------------------------------

    def tell_published(self, member: Member, sids: Mapping[str, bool]) -> None:
        """Tell the others of tracks that are new, or that changed their codec where the value is false."""
        if not sids:
            return
        room, tracks = member.room, [member.participant.tracks[sid] for sid in sids]
        self.publishers.update(dict.fromkeys(sids, member))
        room.changed(member)
        for other in room.members.values():
            for track in tracks:
                if track.sid in other.subscriptions:
                    self.subscribing.apply(other, track.sid)
                else:
                    self.subscribing.offer_track(other, member, track)
            self.subscribing.flush(other)
        for track in tracks:
            if sids[track.sid]:
                self.listeners.tell("track_published", room, member, track_message(track))

    def drop_all(self, member: Member) -> None:
        """Take every track from the others: the member is not in its room any more."""
        for track in member.participant.published():
            self._drop(member, track)

    def _drop(self, member: Member, track: Track) -> None:
        self.publishers.pop(track.sid, None)
        for other in member.room.members.values():
            if self.subscribing.withdraw(other, track.sid):
                self.subscribing.flush(other)
        self.listeners.tell("track_unpublished", member.room, member, track_message(track))

    # -- changes ---------------------------------------------------------------------------------------------------

    def unpublish(self, member: Member, track: Track) -> None:
        """Take a track back: the client stopped it, or may no longer publish it."""
        member.pending.pop(track.cid, None)
        member.layers.pop(track.sid, None)
        if member.participant.tracks.pop(track.sid, None) is not None and track.published:
            self.plane.perform(plane.UnpublishTrack(track.sid))
            self._drop(member, track)
            member.room.changed(member)

    def mute(self, member: Member, track: Track, *, muted: bool) -> bool:
        """Mute or unmute a track for all; return whether that changed something."""
        if track.muted == muted:
            return False
        track.muted = muted
        if track.published:
            self.plane.perform(plane.MuteTrack(track.sid, muted))
            member.room.changed(member)
        return True

    def check_permission(self, member: Member) -> None:
        """Take back what the member may no longer publish, and tell the client."""
        for track in list(member.participant.tracks.values()):
            if not member.participant.permission.may_publish(track.source):
                self.unpublish(member, track)
                member.send(track_unpublished=rtc.TrackUnpublishedResponse(track_sid=track.sid))

    def update_video(self, member: Member, message: rtc.UpdateLocalVideoTrack) -> None:
        """Take new dimensions of a published track."""
        track = member.participant.tracks.get(message.track_sid)
        if track is not None and track.kind is Kind.VIDEO:
            track.width, track.height = message.width, message.height
            member.room.changed(member)

    def update_audio(self, member: Member, message: rtc.UpdateLocalAudioTrack) -> None:
        """Take new features of a published track."""
        track = member.participant.tracks.get(message.track_sid)
        if track is not None and track.kind is Kind.AUDIO:
            track.features = tuple(enum(each) for each in message.features[:16])
            member.room.changed(member)


def _names(media: Media) -> list[str]:
    named = [each.track for each in media.msids] + [each.msid.track for each in media.sources if each.msid]
    return [name for name in dict.fromkeys(named) if name]


def _renamed(member: Member, known: Track, media: Media) -> bool:
    """Return whether a section that carried `known` names a track now that nobody announced."""
    before = member.incoming.get(media.mid)
    names = _names(media)
    return bool(names and before is not None and before.msid is not None and before.msid.track not in names) and (
        known.cid not in names
    )


def _wish(track: Track) -> Wish:
    return Wish(codec=track.codec, red=track.red, dtx=track.dtx, stereo=track.stereo)


def _layers(track: Track) -> tuple[Layer, ...]:
    """Return a track's layers, lowest first: clients list those of one stream, as in VP9 and AV1, the other way."""
    return tuple(
        Layer(
            quality=Quality(layer.quality) if layer.quality in Quality.__members__.values() else Quality.HIGH,
            width=layer.width,
            height=layer.height,
            bitrate=layer.bitrate,
            rid=layer.rid,
            ssrc=layer.ssrc,
            spatial=layer.spatial,
        )
        for layer in sorted(track.layers, key=lambda layer: (layer.quality, layer.width * layer.height))
    )
