"""Use cases of reading: how far someone has read, and what mentions them beyond it."""

from __future__ import annotations

from collections.abc import Iterable

from hubbub.community.adapters import read_state_statements as statements
from hubbub.community.domain.permissions import GUILD_CATEGORY, Permissions
from hubbub.community.errors import UnknownGuild
from hubbub.community.service.actor import Actor
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import events, objects
from hubbub.kernel.snowflake import at_time
from hubbub.storage.records.port import Op


class ReadStates:
    """How far people have read."""

    def __init__(self, ports: Ports) -> None:
        """Work through `ports`."""
        self._ports = ports
        self._records = ports.records
        self._guilds = ports.guilds

    async def of_user(self, user_id: int, guild_ids: Iterable[int]) -> list[objects.ReadState]:
        """Return a state for every channel that the user has read or may see in the guilds.

        A channel that was never opened counts as read up to the moment of joining its guild.
        """
        marks: dict[int, int] = dict(await self._records.fetch(statements.OF_USER, {"user_id": user_id}))
        targets = [user_id]
        for guild_id in guild_ids:
            try:
                access = await self._guilds.membership_of(user_id, guild_id)
            except UnknownGuild:
                continue  # left since the list was made
            targets += [guild_id, *access.member.role_ids]
            joined = at_time(access.member.joined_at_ms)
            now_ms = self._ports.clock.unix_ms()
            for channel in access.guild.channels.values():
                if channel.type == GUILD_CATEGORY or channel.id in marks:
                    continue
                if access.guild.permissions(access.member, channel, now_ms) & Permissions.VIEW_CHANNEL:
                    marks[channel.id] = joined
        counts = dict(await self._records.fetch(statements.MENTION_COUNTS, {"user_id": user_id, "target_ids": targets}))
        for channel_id in counts:
            marks.setdefault(channel_id, 0)
        return [_state(channel_id, mark, counts.get(channel_id, 0)) for channel_id, mark in marks.items()]

    async def acknowledge(self, actor: Actor, channel_id: int, message_id: int) -> None:
        """Note that the caller has read a channel up to a message; never goes back."""
        access = await self._guilds.access(actor, channel_id)
        targets = [actor.user_id]
        if access.guild is not None and access.member is not None:
            targets += [access.guild.id, *access.member.role_ids]
        before = await self._records.fetch_one(statements.GET, {"user_id": actor.user_id, "channel_id": channel_id})
        if before is not None and before >= message_id:
            return
        await self._records.write(
            [_advance(actor.user_id, channel_id, message_id)],
            told(await self._event(actor.user_id, channel_id, message_id, targets)),
        )

    async def acknowledge_guild(self, actor: Actor, guild_id: int) -> None:
        """Note that the caller has read everything that it may see in a guild."""
        access = await self._guilds.membership(actor, guild_id)
        marks: dict[int, int] = dict(await self._records.fetch(statements.OF_USER, {"user_id": actor.user_id}))
        now_ms = self._ports.clock.unix_ms()
        unread = {
            channel.id: channel.last_message_id
            for channel in access.guild.channels.values()
            if channel.last_message_id is not None
            and channel.last_message_id > marks.get(channel.id, 0)
            and access.guild.permissions(access.member, channel, now_ms) & Permissions.VIEW_CHANNEL
        }
        if not unread:
            return
        await self._records.write(
            [_advance(actor.user_id, channel_id, mark) for channel_id, mark in unread.items()],
            told(
                *(
                    events.ReadStateUpdated(
                        event_id=self._ports.snowflakes.next(),
                        user_id=actor.user_id,
                        read_state=_state(channel_id, mark, 0),
                    )
                    for channel_id, mark in unread.items()
                )
            ),
        )

    async def _event(
        self, user_id: int, channel_id: int, message_id: int, targets: list[int]
    ) -> events.ReadStateUpdated:
        """Return the event of a mark at `message_id`, with the mentions that are still beyond it."""
        params = {"user_id": user_id, "target_ids": targets, "channel_id": channel_id, "beyond": message_id}
        found = await self._records.fetch_one(statements.MENTION_COUNT_BEYOND, params)
        return events.ReadStateUpdated(
            event_id=self._ports.snowflakes.next(),
            user_id=user_id,
            read_state=_state(channel_id, message_id, 0 if found is None else found[1]),
        )


def _advance(user_id: int, channel_id: int, message_id: int) -> Op:
    mark = {"user_id": user_id, "channel_id": channel_id, "last_message_id": message_id}
    return Op(statements.ADVANCE, mark)


def _state(channel_id: int, mark: int, mention_count: int) -> objects.ReadState:
    return objects.ReadState(
        channel_id=str(channel_id), last_message_id=str(mark) if mark else None, mention_count=mention_count
    )
