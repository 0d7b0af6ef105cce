"""Events that are told once and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.events.contracts.events import Event

Listener = Callable[[Event], None]


class EphemeralEvents:
    """Tells listeners of what is worth nothing a moment later, such as that someone is typing."""

    def __init__(self) -> None:
        """Begin without listeners: what is told then is lost, as it may be."""
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with every event from now on; it must not block."""
        self._listeners.append(listener)

    def publish(self, event: Event) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            listener(event)
