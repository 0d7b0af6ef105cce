"""Shows what the links of messages lead to, some time after the messages are sent.

That a message waits for previews is a row beside it, written in its own transaction, so that a restart loses none; it
is removed in the transaction that shows them. What was edited, deleted or suppressed meanwhile wins: an update is only
written over the very document that it was made for.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from hubbub.community.adapters import link_statements as statements
from hubbub.community.adapters.link_statements import LinkJob
from hubbub.community.domain.embed import EMBEDS_MAX
from hubbub.community.domain.link import is_preview, link_holder, links_in
from hubbub.community.domain.message import ASSET_SCHEME, StoredMessage
from hubbub.community.domain.message_form import SUPPRESS_EMBEDS
from hubbub.community.errors import UnknownChannel, UnknownMessage
from hubbub.community.service.draft import Change, EditedMeanwhile, Place
from hubbub.community.service.guild_directory import DirectChannel
from hubbub.community.service.links_port import LinkPicture, LinkPreview, LinkPreviews
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter, stored_of
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError
from hubbub.storage.records.port import Op, RecordConflict

_AT_ONCE = 16
"""Messages whose links are looked at together."""
_LEASE_MS = 20_000
"""How long a message is left to a process that was killed. One that lives may take longer: two that look at a message
at once change it once, because an update is only written over the document that it was made for."""
_AGAIN_MS = 10_000
_ATTEMPTS_MAX = 5
"""Takings of one message, crashes in between included, after which it stays without previews."""
_EDITS_MAX = 10
_NOBODY = 0
"""Whose eyes an update is rendered for: no reaction is their own."""
_PAGE = 500
PLACEHOLDER_VERSION = 1

_log = telemetry.logger(__name__)


class MessagePreviews:
    """Previews of links in messages."""

    def __init__(self, ports: Ports, reader: MessageReader, writer: MessageWriter) -> None:
        """Hear from `writer` of messages with links, once `begin` says who makes previews."""
        self._ports = ports
        self._records = ports.records
        self._reader = reader
        self._writer = writer
        self._source: LinkPreviews | None = None
        self._running: dict[asyncio.Task[None], LinkJob] = {}
        self._after = (0, 0)
        self.news = asyncio.Event()
        """Set when `sweep` may find something; whoever calls it clears it first."""

    def begin(self, source: LinkPreviews) -> None:
        """Show links from now on, as `source` knows them."""
        self._source = source
        self._writer.links.on_queued = self.news.set

    async def end(self) -> None:
        """Put what is being made back, to be taken up after the next start."""
        self._source = self._writer.links.on_queued = None
        running = dict(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for task, job in running.items():
            if task.cancelled():
                await self._put_back(job, 0)

    async def sweep(self) -> int:
        """Begin with what is due; return how many messages. Called at news, and every few seconds besides."""
        free = _AT_ONCE - len(self._running)
        if self._source is None or free < 1:
            return 0
        now_ms = self._ports.clock.unix_ms()
        under_way = {job.message_id for job in self._running.values()}
        found = await self._records.fetch(statements.DUE, {"now_ms": now_ms, "row_limit": free + len(under_way)})
        # One that was edited while it is worked on is taken when that is over.
        due = [job for job in found if job.message_id not in under_way][:free]
        for job in due:
            taken = await self._taken(job, now_ms)
            if taken is not None:
                task = asyncio.create_task(self._show(taken, self._source))
                self._running[task] = taken
                task.add_done_callback(self._ended)
        return len(due)

    async def let_go(self) -> int:
        """Release the pictures of messages that are gone, a page at a time; return how many."""
        message_id, asset_id = self._after
        page = {"after_message": message_id, "after_asset": asset_id, "row_limit": _PAGE}
        rows = await self._records.fetch(statements.PICTURES, page)
        self._after = (rows[-1].message_id, rows[-1].asset_id) if len(rows) == _PAGE else (0, 0)
        gone = [row for row in rows if not row.is_shown]
        for row in gone:
            drop = Op(statements.DROP_PICTURE, {"of_message": row.message_id, "of_asset": row.asset_id}, expect=1)
            await self._records.write([drop, *self._ports.files.release(row.asset_id, link_holder(row.message_id))])
        return len(gone)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self.news.set()

    async def _taken(self, job: LinkJob, now_ms: int) -> LinkJob | None:
        """Return the job if it is ours now; None when another took it, or it was taken too often."""
        seen = {"of_message": job.message_id, "seen_due_at_ms": job.due_at_ms}
        if job.attempts >= _ATTEMPTS_MAX:
            await self._records.write([Op(statements.FINISH, seen)])
            return None
        taken = job._replace(due_at_ms=now_ms + _LEASE_MS, attempts=job.attempts + 1)
        values = {**seen, "new_due_at_ms": taken.due_at_ms, "new_attempts": taken.attempts}
        try:
            await self._records.write([Op(statements.TAKE, values, expect=1)])
        except RecordConflict:
            return None
        return taken

    async def _show(self, job: LinkJob, source: LinkPreviews) -> None:
        finish = Op(statements.FINISH, {"of_message": job.message_id, "seen_due_at_ms": job.due_at_ms})
        try:
            try:
                await self._changed(job, source, finish)
            except (UnknownMessage, UnknownChannel):
                await self._records.write([finish])
        except HubbubError as problem:
            _log.warning("community.links_postponed", message=job.message_id, reason=problem.sentence)
            await self._put_back(job, _AGAIN_MS)
        except Exception:  # noqa: BLE001 - one message must not end what shows the links of all others
            # The lease runs out, and it is tried a few times more.
            _log.exception("community.links_failed", message=job.message_id)

    async def _put_back(self, job: LinkJob, wait_ms: int) -> None:
        due_at_ms = self._ports.clock.unix_ms() + wait_ms
        attempts = job.attempts if wait_ms else job.attempts - 1
        seen = {"of_message": job.message_id, "seen_due_at_ms": job.due_at_ms}
        values = {**seen, "new_due_at_ms": due_at_ms, "new_attempts": attempts}
        try:
            await self._records.write([Op(statements.TAKE, values)])
        except HubbubError as problem:
            _log.warning("community.links_left", message=job.message_id, reason=problem.sentence)

    async def _changed(self, job: LinkJob, source: LinkPreviews, finish: Op) -> None:
        """Write the previews into their message; raises `UnknownMessage` or `UnknownChannel` when that is gone."""
        row = await self._reader.row(job.channel_id, job.message_id)
        links = _shown_links(stored_of(row))
        found = await asyncio.gather(*(source.preview(link) for link in links))
        previews = {link: preview for link, preview in zip(links, found, strict=True) if preview is not None}
        place = await self._place(job.channel_id)
        for _ in range(_EDITS_MAX):
            row = await self._reader.row(job.channel_id, job.message_id)
            stored = stored_of(row)
            before = stored.embeds
            stored.embeds = _with_previews(stored, previews)
            if stored.embeds == before:
                await self._records.write([finish])
                return
            change = Change(stored, tuple(msgspec.json.decode(row.mention_ids_json)))
            try:
                await self._writer.change(place, row, change, _NOBODY, [finish])
            except EditedMeanwhile:
                continue
            except RecordConflict:
                # A picture was collected between its making and now; the words are worth having without it.
                previews = {link: preview._replace(picture=None) for link, preview in previews.items()}
                continue
            return

    async def _place(self, channel_id: int) -> Place:
        home = await self._ports.guilds.home(channel_id)
        if isinstance(home, DirectChannel):
            return Place(channel_id, None, home.recipients)
        return Place(channel_id, home, ())


def _shown_links(stored: StoredMessage) -> list[str]:
    return [] if stored.flags & SUPPRESS_EMBEDS else links_in(stored.content)


def _with_previews(stored: StoredMessage, previews: Mapping[str, LinkPreview]) -> list[objects.Embed]:
    """Return a message's embeds: its author's, then the previews of its links as far as there are any."""
    own = [embed for embed in stored.embeds if not is_preview(embed)]
    before = {embed.url: embed for embed in stored.embeds if is_preview(embed)}
    shown = list(own)
    for link in _shown_links(stored):
        preview = previews.get(link)
        if preview is None:
            # One that an edit left, and whose page does not answer now.
            if link in before:
                shown.append(before[link])
            continue
        embed = to_embed(link, preview)
        if embed is not None:
            shown.append(embed)
    return shown[: max(EMBEDS_MAX, len(own))]


def to_embed(link: str, preview: LinkPreview) -> objects.Embed | None:
    """Return the embed that records hold; None when nothing is left to show."""
    if not (preview.title or preview.description or preview.picture):
        return None
    site, author = preview.site or UNSET, preview.author or UNSET
    return objects.Embed(
        type=preview.kind,
        url=link,
        title=preview.title or UNSET,
        description=preview.description or UNSET,
        color=UNSET if preview.color is None else preview.color,
        provider=UNSET if site is UNSET else objects.EmbedProvider(name=site, url=preview.site_url or UNSET),
        author=UNSET if author is UNSET else objects.EmbedAuthor(name=author, url=preview.author_url or UNSET),
        thumbnail=UNSET if preview.picture is None else _thumbnail(preview.picture),
    )


def _thumbnail(picture: LinkPicture) -> objects.EmbedMedia:
    media = objects.EmbedMedia(
        url=picture.url,
        proxy_url=f"{ASSET_SCHEME}{picture.asset_id}/{picture.filename}",
        width=picture.width,
        height=picture.height,
    )
    if picture.thumbhash is not None:
        media.placeholder = b64encode(picture.thumbhash).decode()
        media.placeholder_version = PLACEHOLDER_VERSION
    return media
