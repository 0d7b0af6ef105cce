"""Reads messages and puts their wire form together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from hubbub.community.adapters import message_statements as statements
from hubbub.community.adapters import reaction_statements
from hubbub.community.domain import account
from hubbub.community.domain.guild import decode_ids
from hubbub.community.domain.message import (
    MessageRow,
    ReactionSummary,
    decode_interaction,
    render,
    render_reactions,
)
from hubbub.community.errors import UnknownMessage
from hubbub.community.service import present
from hubbub.community.service.ports import Ports
from hubbub.community.service.recent import Recent
from hubbub.community.service.shown_files import ShownFiles
from hubbub.events.contracts import objects

_NEWEST = (1 << 63) - 1
_WIRE_USERS_MAX = 20_000
"""Encoded users held; about 400 bytes each."""

_encoder = msgspec.json.Encoder()


class MessageReader:
    """Messages of channels that the caller was found to see."""

    def __init__(self, ports: Ports) -> None:
        """Read through `ports`."""
        self._records = ports.records
        self._users = ports.users
        self._files = ShownFiles(ports.files)
        self._wire_users: Recent[int, tuple[account.User, bytes]] = Recent(_WIRE_USERS_MAX)

    async def row(self, channel_id: int, message_id: int) -> MessageRow:
        """Return a message's row; raises `UnknownMessage`."""
        row = await self._records.fetch_one(statements.GET, {"channel_id": channel_id, "id": message_id})
        if row is None:
            raise UnknownMessage
        return row

    async def open_row(self, channel_id: int, message_id: int) -> MessageRow:
        """Return the row of a message that everyone in the channel may see; raises `UnknownMessage`."""
        row = await self.row(channel_id, message_id)
        if row.visible_to is not None:
            raise UnknownMessage
        return row

    async def rows(self, channel_id: int, message_ids: Collection[int]) -> dict[int, MessageRow]:
        """Return the rows of those of `message_ids` that exist, by id."""
        if not message_ids:
            return {}
        found = await self._records.fetch(statements.BY_IDS, {"channel_id": channel_id, "ids": list(message_ids)})
        return {row.id: row for row in found}

    async def page(
        self, channel_id: int, *, limit: int, before: int | None, after: int | None, around: int | None
    ) -> list[MessageRow]:
        """Return up to `limit` rows, newest first: the newest, or those beside the one id that is given."""
        if around is not None:
            half = limit // 2
            older = await self._before(channel_id, around + 1, limit - half)
            return [*await self._after(channel_id, around, half), *older]
        if after is not None:
            return await self._after(channel_id, after, limit)
        return await self._before(channel_id, _NEWEST if before is None else before, limit)

    async def render_one(self, row: MessageRow, viewer_id: int, *, nonce: str | int | None = None) -> bytes:
        """Return one message's wire form as `viewer_id` sees it."""
        return (await self.render(row.channel_id, [row], viewer_id, nonce=nonce))[0]

    async def render(
        self, channel_id: int, rows: Sequence[MessageRow], viewer_id: int, *, nonce: str | int | None = None
    ) -> list[bytes]:
        """Return the wire form of messages of one channel, in their order."""
        rows = await self._files.shown(rows)
        reactions = await self._reactions(channel_id, [row.id for row in rows if row.reaction_count], viewer_id)
        referenced = await self._referenced(channel_id, rows)
        users = await self.wire_users(_user_ids([*rows, *referenced.values()]))
        rendered: list[bytes] = []
        for row in rows:
            mention_ids = () if row.mention_ids_json == b"[]" else decode_ids(row.mention_ids_json)
            inner = None if row.reference_id is None else _render_referenced(referenced.get(row.reference_id), users)
            rendered.append(
                render(
                    row,
                    users,
                    reactions=reactions.get(row.id, b"") if row.reaction_count else b"",
                    referenced=inner,
                    mention_ids=mention_ids,
                    nonce=nonce,
                )
            )
        return rendered

    async def wire_users(self, user_ids: Collection[int]) -> dict[int, bytes]:
        """Return the wire form of users by id; an account that is gone gets a placeholder."""
        rows = await self._users.users(user_ids)
        found: dict[int, bytes] = {}
        for user_id in user_ids:
            row = rows.get(user_id)
            if row is None:
                found[user_id] = _encoder.encode(gone_user(user_id))
                continue
            held = self._wire_users.get(user_id)
            if held is None or held[0] is not row:
                held = (row, _encoder.encode(present.user(row)))
                self._wire_users.put(user_id, held)
            found[user_id] = held[1]
        return found

    async def _before(self, channel_id: int, before: int, limit: int) -> list[MessageRow]:
        params = {"channel_id": channel_id, "before": before, "limit": limit}
        return await self._records.fetch(statements.BEFORE, params)

    async def _after(self, channel_id: int, after: int, limit: int) -> list[MessageRow]:
        if limit == 0:
            return []
        params = {"channel_id": channel_id, "after": after, "limit": limit}
        return (await self._records.fetch(statements.AFTER, params))[::-1]

    async def _reactions(self, channel_id: int, message_ids: list[int], viewer_id: int) -> dict[int, bytes]:
        if not message_ids:
            return {}
        params = {"channel_id": channel_id, "message_ids": message_ids, "viewer_id": viewer_id}
        by_message: dict[int, list[ReactionSummary]] = {}
        for summary in await self._records.fetch(reaction_statements.SUMMARIES, params):
            by_message.setdefault(summary.message_id, []).append(summary)
        return {message_id: render_reactions(summaries) for message_id, summaries in by_message.items()}

    async def _referenced(self, channel_id: int, rows: Sequence[MessageRow]) -> Mapping[int, MessageRow]:
        wanted = {row.reference_id for row in rows if row.reference_id is not None}
        if not wanted:
            return {}
        found = {row.id: row for row in rows if row.id in wanted}
        missing = wanted - found.keys()
        if missing:
            others = list((await self.rows(channel_id, missing)).values())
            found |= {row.id: row for row in await self._files.shown(others)}
        return found


def gone_user(user_id: int) -> objects.User:
    """Return what stands for an account of which nothing is left."""
    return objects.User(id=str(user_id), username="deleted_user", global_name="Deleted user")


def _user_ids(rows: Iterable[MessageRow]) -> set[int]:
    user_ids: set[int] = set()
    for row in rows:
        user_ids.add(row.author_id)
        if row.mention_ids_json != b"[]":
            user_ids.update(decode_ids(row.mention_ids_json))
        if row.interaction_json is not None:
            user_ids.add(decode_interaction(row.interaction_json).user_id)
    return user_ids


def _render_referenced(row: MessageRow | None, users: Mapping[int, bytes]) -> bytes:
    """Return the message replied to, without its own reference, or null when it is gone."""
    if row is None:
        return b"null"
    return render(row, users, mention_ids=decode_ids(row.mention_ids_json))
