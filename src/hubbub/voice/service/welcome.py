"""What a client is told when it comes or comes back, and whether it may come back at all."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.protocol import models, rtc

from hubbub.kernel.clock import Clock
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.turn import turn_credential
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.live_room import Endpoint, Member
from hubbub.voice.service.message import enabled_mimes, server_info

SUBSCRIBER_PRIMARY_PROTOCOL = 3
"""First version of the signalling whose clients wait for our offer."""
CAN_RECONNECT_PROTOCOL_MAX = 12
"""Last version of the signalling whose clients read of a leave only whether they may come back."""


@dataclass(slots=True)
class Welcome:
    """The first words to members of one process."""

    config: VoiceConfig
    clock: Clock

    def join_response(self, member: Member) -> rtc.JoinResponse:
        """Return what a client is told that came anew: its room, the others, and how to reach the media plane."""
        room, info = member.room, server_info(self.config.region, self.config.node_id)
        return rtc.JoinResponse(
            room=room.info(),
            participant=room.info_of(member),
            other_participants=room.others(member),
            server_version=info.version,
            server_region=info.region,
            server_info=info,
            ice_servers=self._ice_servers(member),
            subscriber_primary=member.subscriber_primary,
            ping_interval=self.config.ping_interval_s,
            ping_timeout=self.config.ping_timeout_s,
            sif_trailer=room.trailer,
            enabled_publish_codecs=[models.Codec(mime=mime) for mime in enabled_mimes()],
            fast_publish=member.participant.permission.can_publish,
        )

    def reconnect_response(self, member: Member) -> rtc.ReconnectResponse:
        """Return what a client is told that came back."""
        info = server_info(self.config.region, self.config.node_id)
        return rtc.ReconnectResponse(ice_servers=self._ice_servers(member), server_info=info)

    def _ice_servers(self, member: Member) -> list[rtc.ICEServer]:
        config, servers = self.config, []
        if config.ice_servers:
            servers.append(rtc.ICEServer(urls=list(config.ice_servers)))
        if config.turn_servers:
            expires_s = self.clock.unix_ms() // 1000 + config.turn_lifetime_s
            credential = turn_credential(config.turn_secret, member.sid, expires_s=expires_s)
            servers.append(
                rtc.ICEServer(
                    urls=list(config.turn_servers), username=credential.username, credential=credential.password
                )
            )
        return servers


def waits_for_our_offer(joining: Joining) -> bool:
    """Return whether a client opens the connection that it receives on first.

    One that may not subscribe opens its own first, as the very old ones do.
    """
    can_subscribe = joining.claims.video.permission().can_subscribe
    return not joining.single and can_subscribe and joining.client.protocol >= SUBSCRIBER_PRIMARY_PROTOCOL


def may_resume(former: Member, joining: Joining) -> bool:
    """Return whether a client may go on as the member that it says it was."""
    return (
        joining.sid in {"", former.sid}
        and former.joining.single == joining.single
        and not any(transport.failed for transport in former.transports())
    )


def refuse_resume(joining: Joining, endpoint: Endpoint) -> None:
    """Tell a client that its session is unknown here, so that it starts anew."""
    again = rtc.LeaveRequest(
        reason=models.STATE_MISMATCH,
        action=rtc.LeaveRequest.RECONNECT,
        can_reconnect=joining.client.protocol <= CAN_RECONNECT_PROTOCOL_MAX,
    )
    endpoint.send(rtc.SignalResponse(leave=again))
    endpoint.close("The session is not known here.")
