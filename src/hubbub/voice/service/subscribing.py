"""Who receives which track: wishes, permissions, settings, and the negotiation that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livekit.protocol import models, rtc

from hubbub.kernel.clock import Clock
from hubbub.voice.domain.room import Track, TrackRule
from hubbub.voice.domain.sdp.negotiated import OutgoingTrack
from hubbub.voice.domain.sdp.negotiation import Outgoing
from hubbub.voice.domain.sdp.reader import read_description
from hubbub.voice.domain.sdp.writer import write_description
from hubbub.voice.errors import MediaPlaneUnavailable
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.live_room import Member, Subscription, Transport
from hubbub.voice.service.media_plane import MediaPlane, Quality
from hubbub.voice.service.message import enum
from hubbub.voice.service.transports import Transports

_RULES_MAX = 256


@dataclass(slots=True)
class Subscribing:
    """The receiving side of every member."""

    plane: MediaPlane
    transports: Transports
    clock: Clock
    subscriptions_max: int

    # -- what may and shall be received --------------------------------------------------------------------------

    def offer_track(self, member: Member, publisher: Member, track: Track) -> None:
        """Let a member know of a track that was published; it receives it if it wants all."""
        if member is publisher or not track.published or track.sid in member.subscriptions:
            return
        if len(member.subscriptions) >= self.subscriptions_max:
            return
        allowed = publisher.participant.lets(track.sid, member.participant)
        member.subscriptions[track.sid] = Subscription(
            publisher=publisher, track=track, desired=member.joining.auto_subscribe, allowed=allowed
        )
        self.apply(member, track.sid)

    def offer_all(self, member: Member) -> None:
        """Let a member know of everything that is published in its room, and negotiate it."""
        for other in member.room.members.values():
            for track in other.participant.published():
                self.offer_track(member, other, track)
        self.flush(member)

    def withdraw(self, member: Member, track_sid: str) -> bool:
        """Forget a track that is no longer published; return whether the member knew of it."""
        subscription = member.subscriptions.pop(track_sid, None)
        if subscription is not None:
            self._stop(member, subscription)
        return subscription is not None

    def withdraw_all(self, member: Member) -> None:
        """Forget every track: the member leaves its room."""
        for sid in list(member.subscriptions):
            self.withdraw(member, sid)

    def update(self, member: Member, message: rtc.UpdateSubscription) -> None:
        """Carry out a member's wish to receive tracks or not."""
        sids = [*message.track_sids, *(sid for each in message.participant_tracks for sid in each.track_sids)]
        for sid in sids:
            subscription = member.subscriptions.get(sid)
            if subscription is not None:
                subscription.desired = message.subscribe
                self.apply(member, sid)
            elif message.subscribe:
                failure = rtc.SubscriptionResponse(track_sid=sid, err=models.SE_TRACK_NOTFOUND)
                member.send(subscription_response=failure)

    def apply(self, member: Member, track_sid: str) -> None:
        """Bring the transport into line with what is desired and allowed; `flush` negotiates it."""
        subscription = member.subscriptions[track_sid]
        wanted = subscription.desired and subscription.allowed and member.participant.permission.can_subscribe
        if not wanted:
            self._stop(member, subscription)
            return
        track, first = _outgoing(subscription), not subscription.wanted
        subscription.wanted = True
        if member.offering is not None and member.offering.subscribe(track) is None:
            failure = rtc.SubscriptionResponse(track_sid=track_sid, err=models.SE_UNKNOWN)
            member.send(subscription_response=failure)
        if member.receiving is not None:
            member.receiving.subscribe(track)
        if first:
            subscription.publisher.send(track_subscribed=rtc.TrackSubscribed(track_sid=track_sid))

    def apply_all(self, member: Member) -> None:
        """Bring everything into line, after the member's permission changed."""
        for sid in list(member.subscriptions):
            self.apply(member, sid)

    def permit(self, publisher: Member, message: rtc.SubscriptionPermission, others: Iterable[Member]) -> None:
        """Take a publisher's rules for who may receive its tracks, and tell those for whom something changed."""
        participant = publisher.participant
        participant.open_to_all = message.all_participants
        participant.rules = [
            TrackRule(rule.participant_sid, rule.participant_identity, rule.all_tracks, frozenset(rule.track_sids))
            for rule in message.track_permissions[:_RULES_MAX]
        ]
        for member in others:
            for sid, subscription in member.subscriptions.items():
                allowed = participant.lets(sid, member.participant)
                if subscription.publisher is publisher and subscription.allowed != allowed:
                    subscription.allowed = allowed
                    update = rtc.SubscriptionPermissionUpdate(
                        participant_sid=publisher.sid, track_sid=sid, allowed=allowed
                    )
                    member.send(subscription_permission_update=update)
                    self.apply(member, sid)
            self.flush(member)

    # -- settings --------------------------------------------------------------------------------------------------

    def set_tracks(self, member: Member, message: rtc.UpdateTrackSettings) -> None:
        """Take a member's settings for tracks that it receives."""
        for sid in message.track_sids:
            subscription = member.subscriptions.get(sid)
            if subscription is None:
                continue
            subscription.disabled = message.disabled
            subscription.fps, subscription.priority = message.fps, message.priority
            if message.width and message.height:
                quality = subscription.track.quality_for(message.width, message.height)
            else:
                quality = int(message.quality)
            subscription.quality = Quality(quality) if quality in Quality.__members__.values() else Quality.HIGH
            self._prefer(member, subscription)

    @staticmethod
    def tell_layers(publisher: Member, track: Track, wanted: tuple[bool, ...]) -> None:
        """Tell a publisher which layers anybody wants (dynacast).

        Args:
            publisher: Whose track it is.
            track: A video track that it publishes.
            wanted: One for each layer, lowest first.
        """
        layers = sorted(layer.quality for layer in track.layers)
        # A client that says nothing of its layers numbers them from the lowest; one that has one layer calls it high.
        named = layers if len(layers) == len(wanted) else [2] if len(wanted) == 1 else list(range(len(wanted)))
        by_name = dict(zip(named, wanted, strict=True))
        best = max((quality for quality, is_wanted in by_name.items() if is_wanted), default=-1)
        told = tuple(by_name.get(quality, quality <= best) for quality in range(3))
        # A publisher that was told nothing yet sends all that it has.
        if publisher.layers.get(track.sid, (True, True, True)) == told:
            return
        publisher.layers[track.sid] = told
        qualities = [rtc.SubscribedQuality(quality=enum(quality), enabled=told[quality]) for quality in range(3)]
        codec = rtc.SubscribedCodec(codec=track.codec.casefold(), qualities=qualities)
        publisher.send(
            subscribed_quality_update=rtc.SubscribedQualityUpdate(
                track_sid=track.sid, subscribed_qualities=qualities, subscribed_codecs=[codec]
            )
        )

    # -- negotiation -----------------------------------------------------------------------------------------------

    def flush(self, member: Member) -> None:
        """Send what is due: our next offer, or with one peer connection the wish for sections."""
        if member.endpoint is None:
            return
        if member.offering is not None:
            self._send_offer(member)
        elif member.receiving is not None and member.receiving.stale and member.publisher is not None:
            missing = member.receiving.missing()
            # The client offers again whatever the numbers; it need not be asked twice for the same.
            if member.asked != missing:
                member.asked = missing
                audios, videos = missing
                member.send(
                    media_sections_requirement=rtc.MediaSectionsRequirement(num_audios=audios, num_videos=videos)
                )

    def _send_offer(self, member: Member) -> None:
        offering = member.offering
        if offering is None or offering.pending or not offering.stale:
            return
        if member.subscriber is None:
            if not offering.tracks():
                return
            try:
                member.subscriber = self.transports.open_subscriber(member)
            except MediaPlaneUnavailable:
                return  # it stays stale, and the next change tries again
        description = offering.renew(member.subscriber.local)
        member.send(
            offer=rtc.SessionDescription(
                type="offer",
                sdp=write_description(description),
                id=offering.version,
                mid_to_track_id=offering.tracks(),
            )
        )

    def answered(self, member: Member, message: rtc.SessionDescription) -> None:
        """Take a client's answer to our offer.

        Raises:
            DescriptionRefused: It cannot be used.
        """
        offering, transport = member.offering, member.subscriber
        if offering is None or transport is None or not offering.pending:
            return
        if message.id and message.id != offering.version:
            return  # an answer to an offer that was replaced
        accepted = offering.accept(read_description(message.sdp))
        if transport.remote != accepted.remote:
            transport.remote = accepted.remote
            self.plane.perform(plane.SetRemote(transport.transport_id, accepted.remote))
        self.settle(member, transport, accepted.outgoing, accepted.unsupported)
        self.flush(member)

    def settle(
        self, member: Member, transport: Transport, outgoing: tuple[Outgoing, ...], unsupported: tuple[str, ...]
    ) -> None:
        """Tell the media plane what is sent now."""
        for sid in unsupported:
            if sid in member.subscriptions:
                failure = rtc.SubscriptionResponse(track_sid=sid, err=models.SE_CODEC_UNSUPPORTED)
                member.send(subscription_response=failure)
        for each in outgoing:
            subscription = member.subscriptions.get(each.track.sid)
            sending = (each.mid, each.ssrcs, each.codecs)
            if subscription is None or not subscription.wanted or subscription.sending == sending:
                continue
            subscription.sending = sending
            self.plane.perform(
                plane.Subscribe(
                    transport_id=transport.transport_id,
                    track=each.track.sid,
                    mid=each.mid,
                    ssrcs=each.ssrcs,
                    codecs=each.codecs,
                    extensions=each.extensions,
                )
            )
            self._prefer(member, subscription)

    def _prefer(self, member: Member, subscription: Subscription) -> None:
        transport = member.downlink
        if transport is not None and subscription.sending is not None:
            self.plane.perform(
                plane.Prefer(
                    transport_id=transport.transport_id,
                    track=subscription.track.sid,
                    paused=subscription.disabled,
                    quality=subscription.quality,
                    fps=subscription.fps,
                    priority=subscription.priority,
                )
            )

    def _stop(self, member: Member, subscription: Subscription) -> None:
        sid, transport = subscription.track.sid, member.downlink
        if subscription.sending is not None and transport is not None:
            self.plane.perform(plane.Unsubscribe(transport.transport_id, sid))
        subscription.sending, subscription.wanted = None, False
        if member.offering is not None:
            member.offering.unsubscribe(sid)
        if member.receiving is not None:
            member.receiving.unsubscribe(sid)


def _outgoing(subscription: Subscription) -> OutgoingTrack:
    track = subscription.track
    return OutgoingTrack(
        sid=track.sid,
        kind=track.kind,
        # Clients read whose track it is, and which: a section that is used again keeps its first track's id in
        # browsers. Camera and microphone in one stream would be played in step, and the track not be found again.
        stream=f"{subscription.publisher.sid}|{track.sid}",
        codecs=(track.codec,),
        stereo=track.stereo,
    )
