"""How use cases hand their events to the transaction that makes them true."""

from __future__ import annotations

from hubbub.events.contracts.events import Event, encode, partition_key
from hubbub.storage.records.port import OutboxEntry


def told(*events: Event) -> list[OutboxEntry]:
    """Return outbox entries for `events`, in their order."""
    return [OutboxEntry(partition_key(event), encode(event)) for event in events]
