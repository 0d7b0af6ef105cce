"""IDENTIFY and RESUME: from a token to READY, or back into the stream.

A session is registered before its READY is asked for, and what happens meanwhile is held and delivered after it.
"""

from __future__ import annotations

from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.command import Identify, Resume
from hubbub.gateway.domain.intents import ALL_INTENTS
from hubbub.gateway.domain.presence import platform_of, session_presence
from hubbub.gateway.domain.protocol import CloseCode
from hubbub.gateway.domain.session import Resumption
from hubbub.gateway.errors import DirectoryUnavailable
from hubbub.gateway.service import snapshot
from hubbub.gateway.service.client import Client
from hubbub.gateway.service.directory import Directory, Identity, ReadySnapshot
from hubbub.gateway.service.entering import Entrance
from hubbub.gateway.service.flood import Floods
from hubbub.gateway.service.lifecycle import Lifecycle
from hubbub.gateway.service.live import LiveSession, in_shard
from hubbub.gateway.service.lookup import Lookup
from hubbub.gateway.service.metric import GatewayMetrics
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.registry import Registry
from hubbub.gateway.service.room import Rooms
from hubbub.gateway.service.router import Router
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.randomness import RandomSource
from hubbub.kernel.telemetry import logger

log = logger("hubbub.gateway")

_SERVER_FAULT = 500
_SESSION_ID_BYTES = 16


class Opening:
    """Opens sessions."""

    def __init__(
        self,
        config: GatewayConfig,
        clock: Clock,
        random: RandomSource,
        metrics: GatewayMetrics,
        floods: Floods,
        directory: Directory,
        lookup: Lookup,
        registry: Registry,
        rooms: Rooms,
        lifecycle: Lifecycle,
        presences: Presences,
        entrance: Entrance,
        router: Router,
        outbound: Outbound,
    ) -> None:
        """Open the sessions of one hub; `directory` tells whose a token is, `random` makes session ids."""
        self._config = config
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._floods = floods
        self._directory = directory
        self._lookup = lookup
        self._registry = registry
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._presences = presences
        self._entrance = entrance
        self._router = router
        self._outbound = outbound

    async def identify(self, client: Client, command: Identify) -> None:
        """Answer IDENTIFY with READY and the guilds, INVALID_SESSION, or a close code."""
        identity = await self._authenticate(client, command.token)
        if identity is None:
            return
        problem = _intents_problem(identity, command.intents)
        if problem is not None:
            client.close(*problem)
            return
        if not self._floods.identify(identity, self._clock.monotonic_s()) or not self._lifecycle.make_room_for(
            identity
        ):
            self._metrics.identifies.add(1, {"outcome": "limited"})
            client.refuse()
            return
        session = self._session(identity, command)
        self._registry.add(session)
        try:
            ready = await self._lookup.ready(identity)
        except DirectoryUnavailable:
            ready = None
        if ready is None:
            self._lifecycle.end(session)
            client.close(CloseCode.UNKNOWN_ERROR, "The session cannot be opened now. Reconnect shortly.")
            return
        await self._ready(client, session, ready)

    async def resume(self, client: Client, command: Resume) -> None:
        """Answer RESUME with what the client missed and RESUMED, INVALID_SESSION, or a close code."""
        identity = await self._authenticate(client, command.token)
        if identity is None:
            return
        session = self._registry.sessions.get(command.session_id)
        if session is None or session.user_id != identity.user_id or session.held is not None:
            self._metrics.resumes.add(1, {"outcome": "unknown"})
            client.refuse()
            return
        outcome = session.resume(command.seq)
        self._metrics.resumes.add(1, {"outcome": outcome.name.lower()})
        if outcome is Resumption.IMPOSSIBLE:
            client.close(CloseCode.INVALID_SEQUENCE, "seq names an event that was never sent. Identify anew.")
        elif outcome is Resumption.FORGOTTEN:
            self._lifecycle.end(session)
            client.refuse()
        else:
            if session.endpoint is not None:
                session.endpoint.release()
            client.bind(session)
            self._outbound.dispatch(session, "RESUMED", b'{"_trace":["hubbub"]}')

    async def _authenticate(self, client: Client, token: str) -> Identity | None:
        now_s = self._clock.monotonic_s()
        if not self._floods.attempt(client.handshake.address, now_s):
            client.close(CloseCode.RATE_LIMITED, "Too many identifies from this address. Wait a minute.")
            return None
        try:
            identity = await self._directory.authenticate(token, client.handshake.cookie)
        except HubbubError as problem:
            if problem.status >= _SERVER_FAULT:
                client.close(CloseCode.UNKNOWN_ERROR, "The token cannot be checked now. Reconnect shortly.")
            else:
                self._floods.failed(client.handshake.address, now_s)
                self._metrics.identifies.add(1, {"outcome": "refused"})
                client.close(CloseCode.AUTHENTICATION_FAILED, "The token is not valid.")
            return None
        except Exception:
            log.exception("gateway.authenticate_failed")
            client.close(CloseCode.UNKNOWN_ERROR, "The token cannot be checked now. Reconnect shortly.")
            return None
        return identity if client.waiting else None

    def _session(self, identity: Identity, command: Identify) -> LiveSession:
        intents = ALL_INTENTS if command.intents is None else command.intents
        platform = platform_of(command.properties, is_bot=identity.is_bot)
        return LiveSession(
            self._random.token_bytes(_SESSION_ID_BYTES).hex(),
            identity,
            intents=intents if identity.is_bot else ALL_INTENTS,
            shard=command.shard if identity.is_bot else None,
            large_threshold=command.large_threshold,
            presence=session_presence(command.presence, platform, self._clock.unix_ms()),
        )

    async def _ready(self, client: Client, session: LiveSession, ready: ReadySnapshot) -> None:
        guild_ids = [guild_id for guild_id in ready.guild_ids if in_shard(session, guild_id)]
        if session.is_bot and len(guild_ids) > self._config.guilds_per_shard_max:
            self._lifecycle.end(session)
            limit = self._config.guilds_per_shard_max
            client.close(CloseCode.SHARDING_REQUIRED, f"A shard holds at most {limit} guilds: use more shards.")
            return
        if not client.waiting or session.ended:
            self._lifecycle.end(session)
            return
        client.bind(session)
        self._metrics.identifies.add(1, {"outcome": "ready"})
        self._outbound.dispatch(session, "READY", snapshot.ready(session, ready, guild_ids, self._config.public_url))
        held, session.held = session.held, None
        rooms = [room for guild_id in guild_ids if (room := self._rooms[guild_id]).expect(session)]
        self._presences.changed(session.user_id, guild_ids)
        for event in held or ():
            self._router.tell_user(session, event)
        for room in rooms:
            await self._entrance.enter(session, room, joined=False)


def _intents_problem(identity: Identity, intents: int | None) -> tuple[CloseCode, str] | None:
    if not identity.is_bot:
        return None
    if intents is None or intents < 0 or intents & ~ALL_INTENTS:
        return CloseCode.INVALID_INTENTS, "intents must be a sum of documented bits."
    if intents & ~identity.intents_allowed:
        return CloseCode.DISALLOWED_INTENTS, "The application is not allowed all of these intents."
    return None
