"""What clients ask for, carried out: each opcode goes to the part that serves it."""

from __future__ import annotations

from collections.abc import Awaitable

from hubbub.gateway.domain.command import Command, Identify, PresenceUpdate, RequestMembers, Resume, VoiceStateUpdate
from hubbub.gateway.domain.dispatch import encode
from hubbub.gateway.domain.protocol import CloseCode
from hubbub.gateway.service.background import Background
from hubbub.gateway.service.client import Client
from hubbub.gateway.service.live import LiveSession
from hubbub.gateway.service.members import Members
from hubbub.gateway.service.opening import Opening
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.voice import VoiceHandoff, VoiceServer
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.telemetry import logger

log = logger("hubbub.gateway")


class Commands:
    """Serves the clients of one hub."""

    def __init__(
        self,
        opening: Opening,
        presences: Presences,
        members: Members,
        outbound: Outbound,
        background: Background,
        voice: VoiceHandoff | None,
    ) -> None:
        """Hand each command to its part; `voice` is None while there is no voice."""
        self._opening = opening
        self._presences = presences
        self._members = members
        self._outbound = outbound
        self._background = background
        self._voice = voice

    def perform(self, client: Client, command: Command) -> None:
        """Carry out `command`; what takes time goes on in the background."""
        session = client.session
        match command:
            case Identify():
                self._background.spawn(self._open(client, self._opening.identify(client, command)))
            case Resume():
                self._background.spawn(self._open(client, self._opening.resume(client, command)))
            case PresenceUpdate() if session is not None:
                self._presences.update(session, command)
            case RequestMembers() if session is not None:
                self._members.request(session, command)
            case VoiceStateUpdate() if session is not None:
                self._background.spawn(self._to_voice(session, command))
            case _:
                pass

    async def _open(self, client: Client, work: Awaitable[None]) -> None:
        """Await IDENTIFY or RESUME; a fault of ours closes the socket, so that the client is not left waiting."""
        try:
            await work
        except Exception:
            log.exception("gateway.opening_failed")
            client.close(CloseCode.UNKNOWN_ERROR, "The session cannot be opened now. Reconnect shortly.")

    async def _to_voice(self, session: LiveSession, update: VoiceStateUpdate) -> None:
        """Pass op 4 on, if there is voice; a server to connect to is told to the session that asked."""
        if self._voice is None or update.guild_id not in session.guild_ids:
            return
        try:
            server = await self._voice.update(session.user_id, session.session_id, update)
        except HubbubError as problem:
            log.info("gateway.voice_refused", user_id=session.user_id, code=problem.code)
            return
        if server is not None:
            self.tell_voice_server(session, server)

    def tell_voice_server(self, session: LiveSession, server: VoiceServer) -> None:
        """Tell a session where it finds its voice server."""
        told = {"token": server.token, "guild_id": str(server.guild_id), "endpoint": server.endpoint}
        self._outbound.dispatch(session, "VOICE_SERVER_UPDATE", encode(told))
