"""Everything in one process: storage, community, gateway, relay, voice, media, web client, on one port.

Life: hold the data folder and the port, open what the settings name, tell the address, serve until a signal. A stop
first tells everything that was committed, then lets the gateway keep its sessions, then closes connections, then
storage. A second signal ends the process at once; what was acknowledged is on the disk either way.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Collection
from functools import partial

import uvloop

from hubbub import __version__
from hubbub.app import probes
from hubbub.app.attendance import Handoff, open_attendance
from hubbub.app.call_records import CallRecords, admit_administrator, open_call_records
from hubbub.app.calls import open_voice
from hubbub.app.config import Config
from hubbub.app.directory import CommunityDirectory
from hubbub.app.errors import WebClientMissing
from hubbub.app.folder import DataFolder
from hubbub.app.front import Front, OperationsPages, Pages
from hubbub.app.guild_shares import GuildSharePages
from hubbub.app.house import WEB_CLIENT, House, gateway_url, open_house
from hubbub.app.links import open_links
from hubbub.app.listen import listen, url_of
from hubbub.app.media import Media, open_media
from hubbub.app.media_server import serve_media
from hubbub.app.moderation import admitted
from hubbub.app.operations.perform import Operations
from hubbub.app.operations.socket import serve as serve_operations
from hubbub.app.picture_pages import PicturePages
from hubbub.app.relay import Relay
from hubbub.app.roles import ROLES
from hubbub.app.serving import served, stop_on_signals, until_stopped
from hubbub.app.sockets import SocketFace
from hubbub.app.static import WebClient
from hubbub.app.telemetry.records import ObservedRecords
from hubbub.app.upkeep import upkeep
from hubbub.community.api.application import application
from hubbub.community.service.session_start import SessionStartLimit
from hubbub.events.contracts.events import (
    ChannelDeleted,
    Event,
    GuildDeleted,
    MessageDeleted,
    MessagesDeleted,
    MessageUpdated,
)
from hubbub.events.log.embedded import EmbeddedLog
from hubbub.gateway.api.socket import GatewayFace
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.service.hub import Hub
from hubbub.kernel import telemetry
from hubbub.kernel.health import Health
from hubbub.kernel.telemetry import Telemetry
from hubbub.media.api.operator import OperatorPages
from hubbub.media.api.review import ReviewPages
from hubbub.voice.api.calls import CallPages
from hubbub.voice.api.pages import VoicePages
from hubbub.voice.api.socket import SignalFace
from hubbub.voice.service.attendance import Attendance
from hubbub.voice.service.voice import Voice

_LETS_GO = (MessageDeleted, MessagesDeleted, MessageUpdated, ChannelDeleted, GuildDeleted)
"""Events after which files may be needed no more."""
_COMMAND_WAIT_S = 5.0
"""A command may be finishing its work on the data folder."""


def run(config: Config, roles: Collection[str] = ROLES) -> None:
    """Serve until a signal asks for a stop.

    Args:
        config: The settings.
        roles: Which parts, as `check_roles` let them pass.

    Raises:
        HubbubError: The server could not start; its sentence says why.
    """
    telemetry.start_logging(config.log_level, config.log_format)
    observed = telemetry.start(version=__version__, otlp_endpoint=config.otlp_endpoint, trace_share=config.trace_share)
    with (
        observed,
        DataFolder(config.data).hold(_COMMAND_WAIT_S) as folder,
        listen(config.host, config.port) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        serve = _serve if set(roles) == set(ROLES) else serve_media
        runner.run(serve(config, folder, listener, observed))


async def _serve(config: Config, folder: DataFolder, listener: socket.socket, observed: Telemetry) -> None:
    stop = stop_on_signals()
    local_url = url_of(listener)
    async with (
        open_house(config, folder, local_url, partial(ObservedRecords, traces=observed.traces)) as house,
        open_media(house) as media,  # before what looks for files that were waited for when the last server ended
        upkeep(house.community, house.files.released.set),
        open_call_records(house) as calls,
        open_links(house, media.library),
        open_voice(house, calls.recorder) as voice,
        open_attendance(house, voice) as attendance,
        _gateway(house, attendance) as (hub, relay),
        serve_operations(folder.operations, Operations(house, calls.book, media.report, media.review).perform),
        _http(house, (hub, relay, voice, media), calls, listener, observed) as http,
    ):
        await _tell_address(house, local_url)
        await until_stopped(stop, http)


@contextlib.asynccontextmanager
async def _gateway(house: House, attendance: Attendance) -> AsyncIterator[tuple[Hub, Relay]]:
    """Run event log, hub and relay; the relay stops first, so that the hub keeps what it was told last."""
    folder = house.folder
    log = await EmbeddedLog.open(folder.events, house.config.events, clock=house.clock)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(log.close)
        handoff = Handoff(attendance, house.public_url)
        hub = Hub(
            _gateway_config(house),
            CommunityDirectory(house.community),
            house.clock,
            voice=handoff,
            session_file=folder.sessions,
        )
        attendance.on_ticket = lambda session_id, ticket: hub.tell_voice_server(session_id, handoff.server(ticket))

        def publish(event: Event) -> None:
            hub.publish(event)
            attendance.observed(event)
            if isinstance(event, _LETS_GO):
                house.community.attachments.news.set()

        house.community.ephemeral.subscribe(hub.publish)
        house.community.session_starts = partial(_session_starts, hub)
        house.community.ports.guilds.online = lambda guild_id: (
            0 if (room := hub.rooms.get(guild_id)) is None else len(room.user_ids())
        )
        await hub.start()
        stack.push_async_callback(hub.stop)
        relay = Relay(house.records, log, publish)
        await relay.start()
        stack.push_async_callback(relay.stop)
        yield hub, relay


def _gateway_config(house: House) -> GatewayConfig:
    import dataclasses

    settings = house.config.gateway
    origins = (*settings.allowed_origins, house.public_url)
    return dataclasses.replace(settings, public_url=gateway_url(house.public_url), allowed_origins=origins)


@contextlib.asynccontextmanager
async def _http(
    house: House,
    engines: tuple[Hub, Relay, Voice, Media],
    calls: CallRecords,
    listener: socket.socket,
    observed: Telemetry,
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve HTTP and sockets on `listener` while the context lasts; the task ends early only by a fault."""
    hub, relay, voice, media = engines
    health = Health()
    health.register("community", partial(probes.community, house))
    health.register("gateway", hub.health)
    health.register("relay", relay.healthy)
    health.register("media", media.health)
    if house.config.cache != "memory":
        health.register("cache", partial(probes.cache, house))
    health.register("storage", partial(probes.storage, house))
    pages = OperationsPages(health, observed.registry, house.community.authentication, house.public_url)
    web_client = WebClient(WEB_CLIENT, house.public_url)
    inspector = CallPages(calls.book, partial(admit_administrator, house))
    overseer = OperatorPages(media.report, media.parked, partial(admit_administrator, house, what="Media"))
    review = ReviewPages(media.review, partial(admitted, house))
    files: list[Pages] = [media.uploads, media.delivery, media.streams, review, GuildSharePages(house), overseer]
    faces: list[Pages] = [inspector, VoicePages(voice), *files, pages]
    front = Front(_api(house, media), faces, web_client)
    sockets: list[SocketFace] = [GatewayFace(hub), SignalFace(voice)]
    async with served(front, sockets, house, media, listener, observed) as task:
        yield task


def _api(house: House, media: Media) -> PicturePages:
    community = house.community
    return PicturePages(
        application(community),
        media.delivery,
        community.pictures,
        house.files,
        house.public_url,
    )


def _session_starts(hub: Hub, user_id: int) -> SessionStartLimit:
    return SessionStartLimit(**hub.start_limit(user_id)._asdict())


async def _tell_address(house: House, local_url: str) -> None:
    """Print where the app is, and a link that opens it while its administrator has no password."""
    lines = [f"Hubbub {__version__} is at {house.config.public_url or local_url}"]
    first = await house.community.accounts.first_administrator()
    if first is not None:
        token = await house.community.accounts.link(first.id, "claim")
        lines.append(
            f"Open this to become its first administrator: {house.config.public_url or local_url}/#claim={token}"
        )
    lines.append("Ctrl-C stops it.")
    if not (WEB_CLIENT / "index.html").is_file():
        sys.stderr.write(f"{WebClientMissing.default_sentence} Bots and the API work without it.\n")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
