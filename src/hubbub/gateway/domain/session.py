"""A session: one client's numbered stream of dispatches, which outlives its sockets.

Every dispatch gets the next sequence number when it is appended and stays in the session's ring until it is certain
that no resume needs it, or until a bound is reached. Payload bytes are shared between sessions: a ring holds references
to them, so what an event costs one session is eight bytes.

Calling contract: `append` adds (for a shared payload `ring.append` does the same, faster); `take` returns what the
present socket has not been sent and counts it as sent; `acknowledge` and `settle` drop what is no longer needed.
`resume` answers whether a client that has everything up to a number can go on.

Source: Discord Gateway v10, "Resuming".
"""

from __future__ import annotations

from enum import Enum, auto

from hubbub.gateway.domain.framing import HEADER_ROOM, TEXT, header

ACKNOWLEDGED_KEPT = 256
"""Acknowledged events that are kept all the same, for a client that goes back to an older number after a crash."""
_OPENING = b'{"op":0,"s":'
_ROOM = bytes(HEADER_ROOM)


class Payload:
    """One encoded dispatch without its sequence number, shared by every session that gets it."""

    __slots__ = ("_prefixes", "number", "private", "size", "tail")

    def __init__(self, name: str, body: bytes, *, private: bool = False, number: int = 0) -> None:
        """Encode a dispatch.

        Args:
            name: Event name, e.g. ``MESSAGE_CREATE``.
            body: The JSON of `d`.
            private: Whether one session alone holds it, so that dropping it frees its bytes.
            number: Position among all payloads of the process, by which old ones are given up together.
        """
        self.tail = b',"t":"' + name.encode() + b'","d":' + body + b"}"
        self.size = len(self.tail)
        self.private = private
        self.number = number
        self._prefixes: dict[int, bytes] = {}

    def text(self, sequence: int) -> bytes:
        """Return the whole JSON with its sequence number."""
        return b"%b%d%b" % (_OPENING, sequence, self.tail)

    def buffer(self, sequence: int) -> bytearray:
        """Return the whole JSON with its sequence number, after room for a frame's header."""
        return bytearray(b"%b%b%d%b" % (_ROOM, _OPENING, sequence, self.tail))

    def frame_prefix(self, digits: int) -> bytes:
        """Return the frame header and the JSON up to a sequence number of `digits` digits."""
        prefix = self._prefixes.get(digits)
        if prefix is None:
            size = len(_OPENING) + digits + self.size
            prefix = self._prefixes[digits] = header(TEXT, size) + _OPENING
        return prefix


def plain_frames(payloads: list[Payload], sequence: int) -> bytes:
    """Return the text frames of `payloads`, numbered from `sequence`, as one buffer."""
    if len(payloads) == 1:
        payload, digits = payloads[0], b"%d" % sequence
        return payload.frame_prefix(len(digits)) + digits + payload.tail
    pieces: list[bytes] = []
    for payload in payloads:
        digits = b"%d" % sequence
        pieces += (payload.frame_prefix(len(digits)), digits, payload.tail)
        sequence += 1
    return b"".join(pieces)


class Resumption(Enum):
    """Answer to a RESUME."""

    REPLAYED = auto()
    """Everything after the client's number follows."""
    FORGOTTEN = auto()
    """Some of what the client lacks is gone; it must identify anew."""
    IMPOSSIBLE = auto()
    """The client names a number that was never sent (4007)."""


class Session:
    """The stream of one client."""

    __slots__ = ("_measured", "acknowledged", "first", "private_weight", "ring", "session_id", "unsent", "weight")

    def __init__(self, session_id: str) -> None:
        """Start an empty stream; the first dispatch is number 1."""
        self.session_id = session_id
        self.ring: list[Payload] = []
        """Kept dispatches, oldest first. Its identity never changes, so `ring.append` may be held by others."""
        self.first = 1
        """Sequence number of `ring[0]`."""
        self.unsent = 0
        """Index in the ring of the first dispatch that the present socket was not given."""
        self.acknowledged = 0
        """Last number that the client said to have."""
        self.weight = 0
        """Bytes of the ring's payloads up to the last `measure`."""
        self.private_weight = 0
        """Bytes of those that this session alone holds."""
        self._measured = 0

    @property
    def last(self) -> int:
        """Return the number of the newest dispatch; zero before the first."""
        return self.first + len(self.ring) - 1

    @property
    def sent(self) -> int:
        """Return the number of the last dispatch that the present socket was given; zero before the first."""
        return self.first + self.unsent - 1

    def append(self, payload: Payload) -> None:
        """Add the next dispatch."""
        self.ring.append(payload)
        if payload.private:
            self.private_weight += payload.size

    def take(self, count: int) -> list[Payload]:
        """Return up to `count` dispatches that were not sent, and count them as sent."""
        payloads = self.ring[self.unsent : self.unsent + count]
        self.unsent += len(payloads)
        return payloads

    def measure(self) -> int:
        """Bring `weight` up to date and return by how many bytes; costs as much as was appended since the last call."""
        last = self.first + len(self.ring) - 1
        new = last - self._measured
        if new <= 0:
            return 0
        self._measured = last
        grown = self.ring[-1].size if new == 1 else sum(payload.size for payload in self.ring[-new:])
        self.weight += grown
        return grown

    def lag_bytes(self) -> int:
        """Return the payload bytes that the present socket has not been sent."""
        return sum(payload.size for payload in self.ring[self.unsent :])

    def acknowledge(self, sequence: int) -> None:
        """The client has everything up to `sequence`: private payloads go, a short tail of shared ones stays."""
        sequence = min(sequence, self.sent)
        if sequence <= self.acknowledged:
            return
        self.acknowledged = sequence
        known = sequence - self.first + 1
        if known <= 0:
            return
        drop = max(0, known - ACKNOWLEDGED_KEPT)
        for index in range(known - 1, drop - 1, -1):
            if self.ring[index].private:
                drop = index + 1
                break
        self._drop(drop)

    def settle(self, events_max: int, bytes_max: int, *, attached: bool, floor: int = 0) -> None:
        """Keep the ring within its bounds, oldest first.

        Args:
            events_max: Events to keep.
            bytes_max: Payload bytes to keep.
            attached: A socket is there: what it has not been sent is never dropped.
            floor: Payloads with a smaller number go.
        """
        self.measure()
        ring = self.ring
        droppable = self.unsent if attached else len(ring)
        drop, weight = 0, self.weight
        while drop < droppable:
            payload = ring[drop]
            if len(ring) - drop <= events_max and weight <= bytes_max and payload.number >= floor:
                break
            weight -= payload.size
            drop += 1
        self._drop(drop)

    def shed(self, *, attached: bool) -> None:
        """Give up the private payloads that no socket still waits for, and what is older than they are."""
        droppable = self.unsent if attached else len(self.ring)
        for index in range(droppable - 1, -1, -1):
            if self.ring[index].private:
                self._drop(index + 1)
                return

    def resume(self, sequence: int) -> Resumption:
        """Go back to what follows `sequence`, for a new socket."""
        if not 0 <= sequence <= self.last:
            return Resumption.IMPOSSIBLE
        if sequence < self.first - 1:
            return Resumption.FORGOTTEN
        self.unsent = sequence - self.first + 1
        return Resumption.REPLAYED

    def restore(self, first: int, payloads: list[Payload]) -> None:
        """Take up a stream that was kept elsewhere, its oldest dispatch having number `first`."""
        self.first = first
        self.ring[:] = payloads
        self.unsent = len(self.ring)
        self._measured = first - 1
        self.weight = 0
        self.private_weight = sum(payload.size for payload in payloads if payload.private)
        self.measure()

    def _drop(self, count: int) -> None:
        if count <= 0:
            return
        self.measure()
        for payload in self.ring[:count]:
            self.weight -= payload.size
            if payload.private:
                self.private_weight -= payload.size
        del self.ring[:count]
        self.first += count
        self.unsent = max(0, self.unsent - count)
