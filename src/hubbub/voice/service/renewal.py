"""What a token says of a room to be made, and the token with which a member comes back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from livekit.protocol.room import CreateRoomRequest

from hubbub.kernel.clock import Clock
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import Claims
from hubbub.voice.domain.token import sign_token
from hubbub.voice.service.live_room import Member


def fresh_token(member: Member, secrets: Mapping[str, str], config: VoiceConfig, clock: Clock) -> str:
    """Return a token with which a member can come back as it is now, to the room that it is in now."""
    participant, key = member.participant, member.joining.key
    grant = member.joining.claims.video.with_permission(participant.permission)
    claims = Claims(
        identity=participant.identity,
        name=participant.name,
        kind=participant.kind.value,
        video=msgspec.structs.replace(grant, room=member.room.state.name, room_join=True),
        metadata=participant.metadata,
        attributes=dict(participant.attributes),
    )
    return sign_token(claims, key, secrets[key], now_s=clock.unix_ms() // 1000, lifetime_s=config.token_lifetime_s)


def wanted_room(claims: Claims) -> CreateRoomRequest:
    """Return how the token wants its room made, if it is the first to come."""
    wanted = claims.room_config

    def number(name: str) -> int:
        value = wanted.get(name, 0)
        return value if isinstance(value, int) and 0 <= value < 1 << 31 else 0

    metadata = wanted.get("metadata", "")
    return CreateRoomRequest(
        name=claims.video.room,
        empty_timeout=number("emptyTimeout"),
        departure_timeout=number("departureTimeout"),
        max_participants=number("maxParticipants"),
        metadata=metadata if isinstance(metadata, str) else "",
    )
