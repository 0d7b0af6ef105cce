"""What a message's links add to the transaction that writes it: a place in the queue, and holds on pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hubbub.community.adapters import link_statements as statements
from hubbub.community.adapters.link_statements import LinkJob
from hubbub.community.domain.link import link_holder, links_in, preview_assets
from hubbub.community.domain.message import MessageRow, StoredMessage, decode_stored, names_assets
from hubbub.community.domain.message_form import SUPPRESS_EMBEDS
from hubbub.community.service.ports import Ports
from hubbub.storage.records.port import Op


class MessageLinks:
    """Links of messages as they are written and changed."""

    def __init__(self, ports: Ports) -> None:
        """Hold pictures in the library of `ports`."""
        self._ports = ports
        self.on_queued: Callable[[], None] | None = None
        """Called when links of a message wait for previews; None while nobody makes any, and none are queued."""

    def queue(self, channel_id: int, message_id: int, stored: StoredMessage) -> list[Op]:
        """Return what has a message's links looked at; nothing when it has none that may be shown."""
        if self.on_queued is None or stored.flags & SUPPRESS_EMBEDS or not links_in(stored.content):
            return []
        job = LinkJob(message_id, channel_id, self._ports.clock.unix_ms(), 0)
        return [Op(statements.QUEUE, job._asdict())]

    def tell(self, ops: Sequence[Op]) -> None:
        """Call `on_queued` if `ops`, which were written, queue a message."""
        if self.on_queued is not None and any(op.statement is statements.QUEUE for op in ops):
            self.on_queued()

    def pictures(self, row: MessageRow, stored: StoredMessage) -> list[Op]:
        """Return what holds the pictures that a change's previews begin to show, and releases those they end to."""
        library = self._ports.files
        after = preview_assets(stored.embeds)
        before = preview_assets(decode_stored(row.document).embeds) if names_assets(row.document) else set()
        if after == before:
            return []
        holder, ops = link_holder(row.id), list[Op]()
        for asset_id in after - before:
            shown = {"message_id": row.id, "asset_id": asset_id, "channel_id": row.channel_id}
            ops += [Op(statements.SHOW_PICTURE, shown), *library.hold(asset_id, holder)]
        for asset_id in before - after:
            gone = {"of_message": row.id, "of_asset": asset_id}
            ops += [Op(statements.DROP_PICTURE, gone), *library.release(asset_id, holder)]
        return ops
