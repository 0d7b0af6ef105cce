"""From rings to sockets: every flush writes what each touched session has not been sent, in one write per socket.

Publishing only appends a reference to each session's ring and notes the audience. The flush comes at once after a
pause, and otherwise `coalesce_ms` after the last one, so that events close together share a system call. Plain frames
are shared too: sessions that are at the same sequence number and get the same payloads are sent the same bytes.

A socket whose reader is slow is passed over: its events wait in the ring, which is the send buffer. What is more than
`lag_bytes_max` behind is cut off and may resume.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from itertools import repeat
from operator import call
from typing import TypeVar

from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.compression import Encoder
from hubbub.gateway.domain.framing import HEADER_ROOM, TEXT_OPCODE, frame
from hubbub.gateway.domain.limit import ReplayBudget
from hubbub.gateway.domain.session import Payload, plain_frames
from hubbub.gateway.service.audience import Audience
from hubbub.gateway.service.live import Endpoint, LiveSession
from hubbub.gateway.service.metric import GatewayMetrics

BATCH = 128
"""Events that one write carries at most, so that a long replay heeds a slow reader."""
_SLICE = 1000
"""Sessions that are flushed before the loop gets a turn: about 8 ms."""
_CHECK_EVERY = 64
"""Events between looks at a ring's bounds."""
_SLACK = 8
"""A ring may pass its bound by an eighth before it is cut back, so that cutting costs little per event."""
_ROOM_LEFT = HEADER_ROOM - 4
"""Bytes before a text that its header leaves: a dispatch's has four, but for the shortest."""
_CATCH_UP_S = 0.05
_CATCH_UP_TRIES = 2400

_W = TypeVar("_W")
_B = TypeVar("_B", bytes, bytearray)


class Outbound:
    """Writes rings to sockets."""

    def __init__(self, config: GatewayConfig, metrics: GatewayMetrics) -> None:
        """Write for one hub."""
        self._config = config
        self._metrics = metrics
        self.budget = ReplayBudget(config.replay_bytes_total)
        """Which payloads rings may still keep."""
        self._audiences: list[Audience] = []
        self._sessions: list[LiveSession] = []
        self._generation = 0
        """Grows whenever a socket comes, goes, stalls or drains."""
        self._events_max = config.replay_events_max + config.replay_events_max // _SLACK
        self._bytes_max = config.replay_bytes_max + config.replay_bytes_max // _SLACK
        self._coalesce_s = config.coalesce_ms / 1000
        self._flushed_at_s = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._flushing: Iterator[None] | None = None
        self._frames: dict[int, tuple[list[Payload], bytes]] = {}
        self._written = 0
        self._bytes = 0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Flush on `loop` from now on; without one, only `flush_all` flushes."""
        self._loop = loop

    def payload(self, name: str, body: bytes, *, private: bool = False) -> Payload:
        """Return a payload, numbered and counted."""
        payload = Payload(name, body, private=private, number=self.budget.next_number())
        if not private:
            self.budget.count(payload.size)
        return payload

    def deliver(self, audience: Audience, payload: Payload) -> None:
        """Append `payload` to the ring of each session of `audience`."""
        for append in audience.appends:
            append(payload)
        if not audience.due:
            self._audiences.append(audience)
            if not self._scheduled:
                self._schedule()
        audience.due.append(payload)

    def send(self, session: LiveSession, payload: Payload) -> None:
        """Append `payload` to one session's ring."""
        session.append(payload)
        self.touch(session)

    def dispatch(self, session: LiveSession, name: str, body: bytes) -> None:
        """Send a dispatch that only this session gets."""
        if not session.ended:
            self.send(session, self.payload(name, body, private=True))

    def touch(self, session: LiveSession) -> None:
        """Flush `session` with the next flush."""
        if not session.dirty:
            session.dirty = True
            self._sessions.append(session)
            if not self._scheduled:
                self._schedule()

    def flush_all(self) -> None:
        """Write everything that is due, at once."""
        if self._flushing is not None:
            deque(self._flushing, maxlen=0)
        deque(self._visits(), maxlen=0)
        self._count()

    async def caught_up(self, session: LiveSession) -> None:
        """Wait until a session's socket took everything, or is gone; bounded by two minutes."""
        for _ in range(_CATCH_UP_TRIES):
            self._write(session)
            if session.ended or session.link is None or session.sent == session.last:
                return
            await asyncio.sleep(_CATCH_UP_S)

    # -- sockets -------------------------------------------------------------------------------------------------

    def attach(self, session: LiveSession, endpoint: Endpoint, encoder: Encoder | None) -> None:
        """Give a session its socket."""
        self._generation += 1
        session.attach(endpoint, encoder)

    def stall(self, session: LiveSession) -> None:
        """Stop writing to a session: its socket's buffer is full."""
        self._generation += 1
        session.stall()

    def drained(self, session: LiveSession) -> None:
        """Go on writing to a session: its socket's buffer has emptied."""
        self._generation += 1
        session.go_on()
        self._write(session)

    def detach(self, session: LiveSession, now_s: float) -> None:
        """Take a session's socket from it."""
        self._generation += 1
        session.detach(now_s)

    # -- flushing ------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if self._loop is None:
            return
        self._scheduled = True
        wait_s = self._flushed_at_s + self._coalesce_s - self._loop.time()
        if wait_s > 0:
            self._loop.call_later(wait_s, self._flush)
        else:
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._loop is None:
            return
        if self._flushing is None:
            self._flushed_at_s = self._loop.time()
            self._flushing = self._visits()
        if next(self._flushing, self) is None:
            self._loop.call_soon(self._flush)
            return
        self._flushing = None
        self._scheduled = False
        self._count()
        if self._audiences or self._sessions:
            self._schedule()

    def _visits(self) -> Iterator[None]:
        """Flush every touched session; yields now and then, so that a large fan-out does not hold up the loop."""
        visited = 0
        for count in self._slices():
            visited += count
            if visited >= _SLICE:
                visited = 0
                yield

    def _slices(self) -> Iterator[int]:
        """Flush every touched session, slice by slice; yields how many sessions each had."""
        sessions, self._sessions = self._sessions, []
        audiences, self._audiences = self._audiences, []
        for session in sessions:
            session.dirty = False
        dues = [audience.take_due() for audience in audiences]
        yield from self._catch_up(sessions)
        for audience, due in zip(audiences, dues, strict=True):
            if len(due) > BATCH:
                yield from self._catch_up(audience.sessions)
            else:
                audience.sort_out(self._generation)
                yield from self._tell(audience, due)
                yield from self._catch_up(audience.others)
        self._frames.clear()

    def _catch_up(self, sessions: list[LiveSession]) -> Iterator[int]:
        """Write to each of `sessions` all that it lacks."""
        for start in range(0, len(sessions), _SLICE):
            group = sessions[start : start + _SLICE]
            for session in group:
                self._write(session)
            yield len(group)

    def _tell(self, audience: Audience, due: list[Payload]) -> Iterator[int]:
        """Write `due` to the plain sockets of `audience`.

        The writes follow the preparing of a whole slice, because a system call throws what Python works with out of
        the processor's caches.
        """
        generation = self._generation
        for start in range(0, len(audience.plain), _SLICE):
            if generation == self._generation:
                if len(due) == 1:
                    text_writes, buffers = self._next(audience, audience.text_writes, due, start, _text)
                    _drive(map(call, text_writes, repeat(TEXT_OPCODE), buffers, repeat(HEADER_ROOM)))
                    self._bytes += sum(map(len, buffers)) - len(buffers) * _ROOM_LEFT
                else:
                    writes, frames = self._next(audience, audience.writes, due, start, plain_frames)
                    _drive(map(call, writes, frames))
                    self._bytes += sum(map(len, frames))
                yield min(_SLICE, len(audience.plain) - start)
            else:  # a socket came or went meanwhile, so what writes to whom is no longer known
                yield from self._catch_up(audience.plain[start:])
                return

    def _next(
        self,
        audience: Audience,
        writers: list[_W],
        due: list[Payload],
        start: int,
        made: Callable[[list[Payload], int], _B],
    ) -> tuple[list[_W], list[_B]]:
        """Count `due` as sent to a slice of `audience`; return which of `writers` write, and what each is to write.

        A session that lacks more or less than that is written to here.
        """
        count, first = len(due), due[0]
        by_sequence: dict[int, _B] = {}
        writes: list[_W] = []
        datas: list[_B] = []
        stop = start + _SLICE
        for session, write in zip(audience.plain[start:stop], writers[start:stop], strict=True):
            ring, unsent = session.ring, session.unsent
            if len(ring) - unsent != count or ring[unsent] is not first:
                self._write(session)
                continue
            session.unsent = unsent + count
            sequence = session.first + unsent
            data = by_sequence.get(sequence)
            if data is None:
                data = by_sequence[sequence] = made(due, sequence)
            writes.append(write)
            datas.append(data)
            if unsent >= session.check_at:
                self._settle(session, attached=True)
        self._written += count * len(datas)
        return writes, datas

    def _write(self, session: LiveSession) -> None:
        """Write all that a session's socket lacks."""
        if session.write is None:
            self._wait(session)
            return
        while session.unsent < len(session.ring):
            sequence = session.first + session.unsent
            payloads = session.take(BATCH)
            encoder = session.encoder
            data = self._plain(payloads, sequence) if encoder is None else _encoded(encoder, payloads, sequence)
            try:
                session.write(data)
            except RuntimeError:  # closed already: the session is about to lose it, and waits for a resume
                return
            self._written += len(payloads)
            self._bytes += len(data)
            if not session.writable:
                return
        if len(session.ring) >= session.check_at:
            self._settle(session, attached=session.link is not None)

    def _wait(self, session: LiveSession) -> None:
        """Keep what a session cannot be sent now: it has no socket, or a slow reader."""
        grown = session.measure()
        if session.endpoint is None:
            if len(session.ring) >= session.check_at:
                self._settle(session, attached=False)
            return
        session.lag += grown
        if session.lag > self._config.lag_bytes_max:
            session.endpoint.cut()

    def _plain(self, payloads: list[Payload], sequence: int) -> bytes:
        """Return frames, the same bytes for every session that is at `sequence` and gets `payloads`."""
        kept = self._frames.get(sequence)
        if kept is not None and kept[0] == payloads:
            return kept[1]
        data = plain_frames(payloads, sequence)
        self._frames[sequence] = (payloads, data)
        return data

    def _settle(self, session: LiveSession, *, attached: bool) -> None:
        session.measure()
        if len(session.ring) > self._events_max or session.weight > self._bytes_max:
            session.settle(self._config.replay_events_max, self._config.replay_bytes_max, attached=attached)
        session.check_at = len(session.ring) + _CHECK_EVERY

    def _count(self) -> None:
        if self._written:
            self._metrics.deliveries.add(self._written)
            self._metrics.bytes.add(self._bytes)
            self._written = self._bytes = 0


def _text(payloads: list[Payload], sequence: int) -> bytearray:
    return payloads[0].buffer(sequence)


def _drive(writing: Iterator[None]) -> None:
    """Write to all; also to those after one whose transport is closed already."""
    while True:
        try:
            deque(writing, maxlen=0)
        except RuntimeError:
            continue
        break


def _encoded(encoder: Encoder, payloads: list[Payload], sequence: int) -> bytes:
    encode, first_byte = encoder.encode, encoder.first_byte
    if len(payloads) == 1:
        return frame(first_byte, encode(payloads[0].text(sequence)))
    frames = []
    for payload in payloads:
        frames.append(frame(first_byte, encode(payload.text(sequence))))
        sequence += 1
    return b"".join(frames)
