"""Use cases around files of messages: uploads ahead of a message, and fresh addresses for old ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hubbub.community.adapters import attachment_statements as statements
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import ATTACHMENTS_MAX
from hubbub.community.domain.message_form import FILENAME_MAX
from hubbub.community.domain.permissions import Permissions
from hubbub.community.domain.upload_file import safe_name
from hubbub.community.service.actor import Actor
from hubbub.community.service.attachments import owner_name, too_large
from hubbub.community.service.guild_directory import require
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.messages import Messages
from hubbub.community.service.ports import Ports
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.snowflake import SNOWFLAKE_MAX

REFRESHED_MAX = 50
"""Addresses of one request."""
_NUMBER = re.compile(r"(?<=/)[0-9]{1,19}(?=/)")
_SIGNATURE = frozenset({"ex", "hm", "is"})


class Wanted(NamedTuple):
    """A file that shall be uploaded."""

    id: int
    """Number by which the request tells its files apart."""
    filename: str
    size_bytes: int


class Begun(NamedTuple):
    """Where a file may be uploaded to."""

    id: int
    upload_url: str
    uploaded_filename: str


class AttachmentUploads:
    """Files on their way to a message, or from one."""

    def __init__(self, ports: Ports, messages: Messages, reader: MessageReader) -> None:
        """Ask `messages` who may send files where."""
        self._ports = ports
        self._messages = messages
        self._reader = reader

    async def begin(self, actor: Actor, channel_id: int, wanted: Sequence[Wanted]) -> list[Begun]:
        """Begin the uploads of files that a message in the channel will name; needs the right to send them there.

        Raises:
            InvalidForm: There are too many of them, or one has no bytes or too long a name.
            TooLarge: One is larger than messages' files may be.
        """
        await self._messages.may_upload(actor, channel_id)
        problems = Problems()
        problems.count("files", len(wanted), ATTACHMENTS_MAX, minimum=1)
        limit = self._ports.config.upload_bytes_max
        for place, each in enumerate(wanted[:ATTACHMENTS_MAX]):
            problems.length(f"files.{place}.filename", each.filename, FILENAME_MAX, minimum=1)
            if each.size_bytes < 1:
                problems.add(f"files.{place}.file_size", "NUMBER_TYPE_MIN", "int value should be at least 1.")
        if len({each.id for each in wanted}) < len(wanted):
            problems.add("files", "ATTACHMENT_ID_DUPLICATE", "Each id may appear once.")
        problems.raise_if_any()
        for place, each in enumerate(wanted):
            if each.size_bytes > limit:
                raise too_large(f"files.{place}.file_size", limit)
        library = self._ports.files
        begun = []
        for each in wanted:
            name = safe_name(each.filename, each.id)
            upload = await library.begin(owner_name(actor.user_id), name, each.size_bytes)
            begun.append(Begun(each.id, f"{self._ports.public_url}{upload.path}", upload.uploaded_filename))
        return begun

    async def refresh(self, actor: Actor, urls: Sequence[str]) -> list[str | None]:
        """Return addresses that are good again, in order; None for what is no file of a message that the caller sees.

        Raises:
            InvalidForm: There are too many of them.
        """
        problems = Problems()
        problems.count("attachment_urls", len(urls), REFRESHED_MAX, minimum=1)
        problems.raise_if_any()
        library = self._ports.files
        numbers = {int(number) for url in urls for number in _NUMBER.findall(urlsplit(url).path)}
        known = [number for number in numbers if number <= SNOWFLAKE_MAX]
        addresses: dict[str, str] = {}
        for row in await self._ports.records.fetch(statements.OF_ASSETS, {"ids": known}) if known else []:
            if await self._sees(actor, row.channel_id, row.message_id):
                for file in (await library.look([row.id])).values():
                    fresh = library.address(row.id, file.filename)
                    addresses[fresh.partition("?")[0]] = fresh
        return [self._refreshed(url, addresses) for url in urls]

    def _refreshed(self, url: str, addresses: dict[str, str]) -> str | None:
        base, _, query = url.partition("?")
        if base.startswith(f"{self._ports.public_url}/cdn/attachments/"):
            return url  # files of old: their addresses never end
        fresh = addresses.get(base)
        if fresh is None:
            return None
        kept = [each for each in query.split("&") if each and each.partition("=")[0] not in _SIGNATURE]
        return "&".join([fresh, *kept])

    async def _sees(self, actor: Actor, channel_id: int, message_id: int) -> bool:
        try:
            access = await self._ports.guilds.access(actor, channel_id)
            require(access, Permissions.READ_MESSAGE_HISTORY)
            row = await self._reader.row(channel_id, message_id)
        except HubbubError as problem:
            if problem.status >= 500:  # noqa: PLR2004 - RFC 9110, 15.6: not an answer
                raise
            return False
        return row.visible_to in (None, actor.user_id)
