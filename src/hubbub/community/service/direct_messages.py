"""Use cases of direct messages: open, list and close them."""

from __future__ import annotations

from hubbub.community.adapters import columns
from hubbub.community.adapters import direct_message_statements as statements
from hubbub.community.adapters.guild_statements import INSERT_CHANNEL
from hubbub.community.domain.guild import DIRECT_MESSAGE_TYPE, Channel, new_channel
from hubbub.community.errors import CannotMessageUser, MissingAccess, UnknownUser
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.message_reader import gone_user
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import events, objects
from hubbub.storage.records.port import Op, UniqueViolation


class DirectMessages:
    """Conversations of two."""

    def __init__(self, ports: Ports) -> None:
        """Work through `ports`."""
        self._ports = ports
        self._records = ports.records

    async def open(self, actor: Actor, peer_id: int) -> objects.Channel:
        """Return the direct message with another user, made on first use and shown in the caller's list."""
        if peer_id == actor.user_id:
            raise CannotMessageUser("You cannot open a direct message with yourself.")
        peer = (await self._ports.users.users([peer_id])).get(peer_id)
        if peer is None or peer.deleted_at_ms is not None:
            raise UnknownUser
        pair = {"user_id": actor.user_id, "peer_id": peer_id}
        found = await self._records.fetch_one(statements.FIND, pair)
        if found is None:
            if not actor.is_administrator and await self._records.fetch_one(statements.MAY_MEET, pair) is None:
                raise CannotMessageUser("You share no guild with this user.")
            try:
                return await self._create(actor, peer_id)
            except UniqueViolation:
                found = await self._records.fetch_one(statements.FIND, pair)
                if found is None:
                    raise
        channel_id, is_open = found
        channel = (await self._ports.guilds.direct(channel_id)).channel
        wire = await self._wire(channel, peer_id)
        if not is_open:
            op = Op(statements.SET_OPEN, {"user_id": actor.user_id, "channel_id": channel_id, "is_open": True})
            await self._records.write([op], told(self._created(channel_id, wire, actor.user_id)))
        return wire

    async def of_user(self, user_id: int) -> list[objects.Channel]:
        """Return the direct messages in the user's list, the one written in last first."""
        params = {"user_id": user_id}
        rows = await self._records.fetch(statements.OPEN_OF_USER, params)
        peers: dict[int, int] = dict(await self._records.fetch(statements.PEERS, params))
        users = await self._ports.users.users(list(peers.values()))
        rows.sort(key=lambda row: row.last_message_id or row.id, reverse=True)
        channels: list[objects.Channel] = []
        for row in rows:
            peer_id = peers[row.id]
            peer = present.user(users[peer_id]) if peer_id in users else gone_user(peer_id)
            channels.append(present.direct_channel(row, [peer]))
        return channels

    async def as_seen_by(self, actor: Actor, channel_id: int) -> objects.Channel:
        """Return one direct message as the caller sees it; raises `UnknownChannel` or `MissingAccess`."""
        direct = await self._ports.guilds.direct(channel_id)
        if actor.user_id not in direct.recipients:
            raise MissingAccess
        return await self._wire(direct.channel, next(r for r in direct.recipients if r != actor.user_id))

    async def close(self, actor: Actor, channel_id: int) -> objects.Channel:
        """Take a direct message from the caller's list and return it; its messages stay."""
        wire = await self.as_seen_by(actor, channel_id)
        op = Op(statements.SET_OPEN, {"user_id": actor.user_id, "channel_id": channel_id, "is_open": False})
        event = events.ChannelDeleted(
            event_id=self._ports.snowflakes.next(),
            guild_id=None,
            channel_id=channel_id,
            channel=wire,
            recipients=(actor.user_id,),
        )
        await self._records.write([op], told(event))
        return wire

    async def _create(self, actor: Actor, peer_id: int) -> objects.Channel:
        channel_id = self._ports.snowflakes.next()
        channel = new_channel(channel_id, None, DIRECT_MESSAGE_TYPE, "")
        wire = await self._wire(channel, peer_id)
        mine = {"user_id": actor.user_id, "peer_id": peer_id, "channel_id": channel_id, "is_open": True}
        theirs = {"user_id": peer_id, "peer_id": actor.user_id, "channel_id": channel_id, "is_open": False}
        ops = [Op(INSERT_CHANNEL, columns.params(channel)), Op(statements.INSERT, mine), Op(statements.INSERT, theirs)]
        await self._records.write(ops, told(self._created(channel_id, wire, actor.user_id)))
        return wire

    async def _wire(self, channel: Channel, peer_id: int) -> objects.Channel:
        peer = (await self._ports.users.users([peer_id])).get(peer_id)
        return present.direct_channel(channel, [gone_user(peer_id) if peer is None else present.user(peer)])

    def _created(self, channel_id: int, wire: objects.Channel, user_id: int) -> events.ChannelCreated:
        return events.ChannelCreated(
            event_id=self._ports.snowflakes.next(),
            guild_id=None,
            channel_id=channel_id,
            channel=wire,
            recipients=(user_id,),
        )
