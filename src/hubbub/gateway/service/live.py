"""A session with who holds it, what it asked for, and the socket it has at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hubbub.gateway.domain.presence import SessionPresence
from hubbub.gateway.domain.protocol import shard_of
from hubbub.gateway.domain.session import Session

if TYPE_CHECKING:
    from hubbub.events.contracts import events
    from hubbub.gateway.domain.compression import Encoder
    from hubbub.gateway.domain.protocol import CloseCode
    from hubbub.gateway.service.directory import Identity
    from hubbub.gateway.service.link import Link, Write, WriteText

LARGE_THRESHOLD_DEFAULT = 50
LARGE_THRESHOLD_MAX = 250


class Endpoint(Protocol):
    """The other end of a session's socket, as whoever has the session may use it."""

    link: Link

    def send(self, payload: bytes) -> None:
        """Send a payload that is no dispatch."""
        ...

    def close(self, code: CloseCode, reason: str) -> None:
        """Close from our side; the session can be resumed."""
        ...

    def cut(self) -> None:
        """Drop the socket, unsent bytes and all; the session can be resumed."""
        ...

    def release(self) -> None:
        """Let go of the session, which another socket has now, and close."""
        ...


class LiveSession(Session):
    """One client's session in this process, attached to a socket or waiting for its client to resume."""

    __slots__ = (
        "check_at",
        "detached_at_s",
        "dirty",
        "encoder",
        "ended",
        "endpoint",
        "guild_ids",
        "held",
        "identity",
        "intents",
        "lag",
        "large_threshold",
        "link",
        "presence",
        "requests",
        "shard",
        "user_id",
        "write",
        "write_text",
    )

    def __init__(
        self,
        session_id: str,
        identity: Identity,
        *,
        intents: int,
        shard: tuple[int, int] | None = None,
        large_threshold: int | None = None,
        presence: SessionPresence | None = None,
    ) -> None:
        """Make a session that has no socket yet."""
        super().__init__(session_id)
        self.identity = identity
        self.user_id = identity.user_id
        self.intents = intents
        self.shard = shard
        wanted = LARGE_THRESHOLD_DEFAULT if large_threshold is None else large_threshold
        self.large_threshold = min(max(wanted, LARGE_THRESHOLD_DEFAULT), LARGE_THRESHOLD_MAX)
        self.presence = presence or SessionPresence()
        self.guild_ids: set[int] = set()
        """Guilds whose room the session is in."""
        self.held: list[events.Event] | None = []
        """The user's events that wait until READY is out; None from then on."""
        self.endpoint: Endpoint | None = None
        self.link: Link | None = None
        self.encoder: Encoder | None = None
        """The socket's compression; None for plain text, whose frames are shared."""
        self.write: Write | None = None
        """The socket's own write; None while there is no socket or its reader is slow."""
        self.write_text: WriteText | None = None
        """The socket's fastest way for one message; None whenever `write` is."""
        self.check_at = 0
        """Length of the ring at which its bounds are looked at again."""
        self.detached_at_s = 0.0
        """Monotonic seconds since when there is no socket."""
        self.dirty = False
        """Waits to be flushed by itself."""
        self.lag = 0
        """Bytes that the socket is behind, counted while its reader is slow."""
        self.requests = 0
        """Requests for members that are being answered."""
        self.ended = False

    @property
    def is_bot(self) -> bool:
        """Return whether an application holds the session."""
        return self.identity.is_bot

    @property
    def writable(self) -> bool:
        """Return whether there is a socket and its reader keeps up."""
        return self.write is not None

    def attach(self, endpoint: Endpoint, encoder: Encoder | None) -> None:
        """Bind to a socket."""
        self.endpoint, self.link, self.encoder, self.lag = endpoint, endpoint.link, encoder, 0
        self.go_on()

    def stall(self) -> None:
        """Write nothing until the socket has drained; what comes meanwhile counts as its lag."""
        self.write = self.write_text = None
        self.measure()
        self.lag = self.lag_bytes()

    def go_on(self) -> None:
        """Write again: the socket has drained."""
        if self.link is not None:
            self.write, self.write_text = self.link.writer(), self.link.text_writer()

    def detach(self, now_s: float) -> None:
        """Lose the socket; the stream goes on in the ring."""
        self.endpoint = self.link = self.encoder = self.write = self.write_text = None
        self.detached_at_s = now_s


def in_shard(session: LiveSession, guild_id: int) -> bool:
    """Return whether a session gets a guild's events; zero, for what has no guild, belongs to the first shard."""
    return session.shard is None or shard_of(guild_id, session.shard[1]) == session.shard[0]
