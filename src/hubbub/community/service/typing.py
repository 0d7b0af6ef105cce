"""The use case of showing that someone writes."""

from __future__ import annotations

from hubbub.community.domain.permissions import Permissions
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.ephemeral import EphemeralEvents
from hubbub.community.service.guild_directory import require
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import events


class Typing:
    """Who writes where."""

    def __init__(self, ports: Ports, ephemeral: EphemeralEvents) -> None:
        """Tell through `ephemeral`."""
        self._ports = ports
        self._ephemeral = ephemeral

    async def start(self, actor: Actor, channel_id: int) -> None:
        """Show for some ten seconds that the caller writes in a channel."""
        access = await self._ports.guilds.access(actor, channel_id)
        require(access, Permissions.SEND_MESSAGES)
        member = None
        if access.guild is not None and access.member is not None:
            user = present.user(await self._ports.users.user(actor.user_id))
            member = present.member(access.member, user, access.guild)
        self._ephemeral.publish(
            events.TypingStarted(
                event_id=self._ports.snowflakes.next(),
                guild_id=None if access.guild is None else access.guild.id,
                channel_id=channel_id,
                user_id=actor.user_id,
                timestamp_s=self._ports.clock.unix_ms() // 1000,
                member=member,
                recipients=access.recipients,
            )
        )
