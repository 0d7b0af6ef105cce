"""The life of sessions: how many there may be, when they lose their socket, how they end, what memory they may hold."""

from __future__ import annotations

from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain import protocol
from hubbub.gateway.domain.protocol import CloseCode
from hubbub.gateway.service.directory import Identity
from hubbub.gateway.service.live import LiveSession
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.registry import Registry
from hubbub.gateway.service.room import Rooms
from hubbub.gateway.service.voice import VoiceHandoff
from hubbub.kernel.clock import Clock


class Lifecycle:
    """Ends sessions, in every way that they can end."""

    def __init__(
        self,
        config: GatewayConfig,
        clock: Clock,
        registry: Registry,
        rooms: Rooms,
        presences: Presences,
        outbound: Outbound,
        voice: VoiceHandoff | None,
    ) -> None:
        """Rule over the sessions of `registry`; `voice` is told of each that ends, None while there is no voice."""
        self._config = config
        self._clock = clock
        self._registry = registry
        self._rooms = rooms
        self._presences = presences
        self._outbound = outbound
        self._voice = voice

    def make_room_for(self, identity: Identity) -> bool:
        """Return whether one more session of a user fits, ending the user's oldest detached one where that helps."""
        own = self._registry.of_user(identity.user_id)
        config = self._config
        if len(own) < config.sessions_per_user_max and len(self._registry.sessions) < config.sessions_max:
            return True
        detached = [session for session in own if session.link is None and session.held is None]
        if not detached:
            return False
        self.end(min(detached, key=lambda session: session.detached_at_s))
        return True

    def detach(self, session: LiveSession, *, ends: bool) -> None:
        """Take note that a session lost its socket."""
        self._outbound.detach(session, self._clock.monotonic_s())
        if ends:
            self.end(session)

    def end(self, session: LiveSession) -> None:
        """Forget a session; its client must identify anew."""
        if session.ended:
            return
        session.ended = True
        self._registry.remove(session)
        guild_ids = set(session.guild_ids)
        for guild_id in guild_ids:
            if (room := self._rooms.get(guild_id)) is not None:
                room.leave(session)
        if session.held is None:
            self._presences.changed(session.user_id, guild_ids)
        if self._voice is not None:
            self._voice.session_ended(session.user_id, session.session_id)

    def invalidate(self, session: LiveSession) -> None:
        """End a session that cannot be kept whole, telling its client to identify anew."""
        endpoint = session.endpoint
        self.end(session)
        if endpoint is not None:
            endpoint.send(protocol.INVALID_SESSION)
            endpoint.close(CloseCode.UNKNOWN_ERROR, "The session could not be kept. Identify anew.")

    def revoke(self, session: LiveSession) -> None:
        """End a session whose credential is no longer valid."""
        endpoint = session.endpoint
        self.end(session)
        if endpoint is not None:
            endpoint.close(CloseCode.AUTHENTICATION_FAILED, "The login was ended.")

    def sweep(self) -> None:
        """Let time pass: end sessions that nobody resumed, and free memory that is over its budget."""
        config = self._config
        expired = self._clock.monotonic_s() - config.resume_window_s
        private_bytes, floor = 0, self._outbound.budget.floor
        for session in list(self._registry.sessions.values()):
            attached = session.link is not None
            if not attached and session.held is None and session.detached_at_s <= expired:
                self.end(session)
                continue
            private_bytes += session.private_weight
            if session.ring and session.ring[0].number < floor:
                session.settle(config.replay_events_max, config.replay_bytes_max, attached=attached, floor=floor)
        if private_bytes > config.replay_bytes_total:
            self._shed(private_bytes)

    def _shed(self, private_bytes: int) -> None:
        """Free what single sessions hold, the heaviest first, until the budget holds."""
        for session in sorted(self._registry.sessions.values(), key=lambda session: -session.private_weight):
            if private_bytes <= self._config.replay_bytes_total:
                return
            before = session.private_weight
            session.shed(attached=session.link is not None)
            private_bytes -= before - session.private_weight
