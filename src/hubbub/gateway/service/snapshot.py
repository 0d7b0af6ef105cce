"""READY and GUILD_CREATE: what a session starts from.

Source: Discord Gateway v10, "Ready" and "Guild Create". Strict clients need every documented key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hubbub.events.contracts import objects
from hubbub.gateway.domain.dispatch import encode, extend
from hubbub.gateway.domain.intents import Intent

if TYPE_CHECKING:
    from hubbub.gateway.service.directory import GuildSnapshot, ReadySnapshot
    from hubbub.gateway.service.live import LiveSession
    from hubbub.gateway.service.lookup import Lookup
    from hubbub.gateway.service.presences import Presences
    from hubbub.gateway.service.room import Room

_COMPANY_MAX = 1000
"""Members of a large guild that GUILD_CREATE lists; a client asks for others by op 8."""


def ready(session: LiveSession, snapshot: ReadySnapshot, guild_ids: Sequence[int], public_url: str) -> bytes:
    """Return the body of READY; people get their direct messages, read states and settings in it too."""
    fields: dict[str, object] = {
        "v": 10,
        "user": snapshot.user,
        "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
        "session_id": session.session_id,
        "resume_gateway_url": public_url,
        "session_type": "normal",
        "private_channels": snapshot.private_channels,
        "relationships": [],
        "user_settings": snapshot.settings if snapshot.settings is not None else {},
        "_trace": ["hubbub"],
    }
    if session.shard is not None:
        fields["shard"] = session.shard
    if snapshot.application is not None:
        fields["application"] = {"id": snapshot.application.id, "flags": snapshot.application.flags}
    if snapshot.read_states is not None:
        fields["read_states"] = snapshot.read_states
    if snapshot.settings is not None:
        fields["settings"] = snapshot.settings
    return encode(fields)


async def company(
    session: LiveSession, room: Room, guild: GuildSnapshot, lookup: Lookup, presences: Presences
) -> tuple[Sequence[objects.Member], list[dict[str, object]]]:
    """Return the members and presences that GUILD_CREATE lists for a session.

    Without GUILD_PRESENCES only the user itself; up to `large_threshold` everyone; beyond it who is online.
    """
    me = session.user_id
    if not session.intents & Intent.GUILD_PRESENCES:
        return await lookup.members(room.guild_id, user_ids=[me], limit=1), []
    online = list(room.user_ids())
    if guild.member_count <= session.large_threshold:
        members = await lookup.members(room.guild_id, limit=_COMPANY_MAX)
    else:
        others = [user_id for user_id in online if user_id != me][: _COMPANY_MAX - 1]
        online = [me, *others]
        members = await lookup.members(room.guild_id, user_ids=online, limit=len(online))
    return members, presences.objects(room.guild_id, online[:_COMPANY_MAX])


def guild_create(
    session: LiveSession,
    snapshot: GuildSnapshot,
    members: Sequence[objects.Member],
    presences: Sequence[dict[str, object]],
    voice_states: Sequence[objects.VoiceState],
    *,
    joined: bool,
) -> bytes:
    """Return the body of GUILD_CREATE; without `unavailable` for a guild just `joined`: by that libraries know it.

    Of `voice_states` it lists those in channels that the user may see.
    """
    visible = {channel.id for channel in snapshot.channels}
    return extend(
        encode(snapshot.guild),
        ({} if joined else {"unavailable": False})
        | {
            "joined_at": snapshot.joined_at,
            "large": snapshot.member_count > session.large_threshold,
            "member_count": snapshot.member_count,
            "voice_states": [state for state in voice_states if state.channel_id in visible],
            "members": members,
            "channels": snapshot.channels,
            "threads": [],
            "presences": presences,
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        },
    )
