"""Tells what files of messages are, once it is known, when a message could not wait for it.

Which files are waited for is a row beside the message, so that a restart forgets none; the library's word that a file
settled only makes it quicker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from msgspec import UNSET

from hubbub.community.adapters import attachment_statements as statements
from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.domain.message import ASSET_SCHEME, MessageRow, StoredMessage
from hubbub.community.errors import UnknownChannel, UnknownMessage
from hubbub.community.service.draft import Change, EditedMeanwhile, Place
from hubbub.community.service.files_port import FileState, StoredFile
from hubbub.community.service.guild_directory import DirectChannel
from hubbub.community.service.guild_storage import freed_files
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter, stored_of
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import learn
from hubbub.storage.records.port import Op

_AT_ONCE = 100
"""Files that one look asks for."""
_LOOK_AGAIN_S = 1.0
_LOOK_SELDOM_S = 10.0
"""For files that were waited for in a process that is gone."""
_EDITS_MAX = 10
"""Edits of a message in the same moment, after which the next sweep tries again."""
_NOBODY = 0
"""Whose eyes an update is rendered for: no reaction is their own."""


class AwaitedFiles:
    """Files that messages were sent with before it was known what they are."""

    def __init__(self, ports: Ports, reader: MessageReader, writer: MessageWriter) -> None:
        """Hear of them from `writer`, and from the library when they settle."""
        self._ports = ports
        self._records = ports.records
        self._reader = reader
        self._writer = writer
        self._awaited: set[int] = set()
        self.news = asyncio.Event()
        """Set when `sweep` may find something; whoever calls it clears it first."""
        writer.files.on_awaited = self.expect
        ports.files.subscribe(self._settled)

    def expect(self, asset_ids: Sequence[int]) -> None:
        """Wait for files; they may have settled in the moment before."""
        self._awaited.update(asset_ids)
        self.news.set()

    def reconsidering(self, asset_id: int) -> list[Op]:
        """Return what belongs into a transaction that changes what a file is: its message tells so soon after."""
        return [Op(statements.AWAIT_AGAIN, {"asset_id": asset_id})]

    def look_again_s(self) -> float:
        """Return after how many seconds to look without news: soon while files are waited for.

        The library may miss the word of another process, and has none where processes share no more than the records.
        """
        return _LOOK_AGAIN_S if self._awaited else _LOOK_SELDOM_S

    async def sweep(self) -> int:
        """Tell of the files that settled; return how many. Called at news, and every few seconds besides."""
        awaited = await self._records.fetch(statements.AWAITED, {"limit": _AT_ONCE})
        files = await self._ports.files.look(awaited) if awaited else {}
        settled = [each for each in awaited if each not in files or files[each].state.is_settled]
        for asset_id in settled:
            await self._tell(asset_id, files.get(asset_id))
        # What was found is what is waited for, also from before a restart.
        self._awaited = set(awaited).difference(settled)
        return len(settled)

    def _settled(self, asset_id: int) -> None:
        if asset_id in self._awaited:
            self.news.set()

    async def _tell(self, asset_id: int, file: StoredFile | None) -> None:
        arrived = Op(statements.ARRIVED, {"asset_id": asset_id})
        attachment = await self._records.fetch_one(statements.GET, {"id": asset_id})
        if attachment is not None:
            with suppress(UnknownMessage, UnknownChannel):
                await self._change(attachment, file, [arrived, *_emptied(attachment, file)])
                return
        await self._records.write([arrived])

    async def _change(self, attachment: AttachmentRow, file: StoredFile | None, extra: Sequence[Op]) -> None:
        """Write what a file is into its message; raises `UnknownMessage` or `UnknownChannel` when that is gone."""
        home = await self._ports.guilds.home(attachment.channel_id)
        if isinstance(home, DirectChannel):
            place = Place(attachment.channel_id, None, home.recipients)
        else:
            place = Place(attachment.channel_id, home, ())
        for _ in range(_EDITS_MAX):
            row = await self._reader.row(attachment.channel_id, attachment.message_id)
            change = _with_file(row, attachment.id, file)
            try:
                await self._writer.change(place, row, change, _NOBODY, extra)
            except EditedMeanwhile:
                continue
            return


def _emptied(attachment: AttachmentRow, file: StoredFile | None) -> list[Op]:
    """Return what gives a guild the bytes back of a file that was removed while its message stayed."""
    if file is None or file.size_bytes or not attachment.size_bytes:
        return []
    freed = freed_files(attachment.channel_id, [attachment.id])
    return [*freed, Op(statements.EMPTY, {"attachment_id": attachment.id})]


def _with_file(row: MessageRow, asset_id: int, file: StoredFile | None) -> Change:
    stored = stored_of(row)
    for attachment in stored.attachments:
        if attachment.id == str(asset_id) and file is not None:
            learn(attachment, file)
    if file is not None and file.state is FileState.READY:
        _measure(stored, file)
    return Change(stored, tuple(msgspec.json.decode(row.mention_ids_json)))


def _measure(stored: StoredMessage, file: StoredFile) -> None:
    """Write the size of a picture into the embeds that show it."""
    for embed in stored.embeds:
        for media in (embed.image, embed.thumbnail):
            if media is UNSET or media.url is UNSET or not media.url.startswith(f"{ASSET_SCHEME}{file.asset_id}/"):
                continue
            if file.width is not None and file.height is not None:
                media.width, media.height = file.width, file.height
