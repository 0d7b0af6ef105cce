"""Media alone in one process: uploads, the work on them and delivery.

Beside processes that share its records and objects it is one more of them. On a data folder of its own it is all there
is: a service for programs with media keys, which knows of no community.
"""

from __future__ import annotations

import socket
import sys
from functools import partial
from typing import TYPE_CHECKING

from hubbub import __version__
from hubbub.app import probes
from hubbub.app.config import Config
from hubbub.app.folder import DataFolder
from hubbub.app.front import Front, OperationsPages, Pages, nowhere
from hubbub.app.house import open_house
from hubbub.app.listen import url_of
from hubbub.app.media import open_media
from hubbub.app.operations.perform import Operations
from hubbub.app.operations.socket import serve as serve_operations
from hubbub.app.roles import shares
from hubbub.app.serving import served, stop_on_signals, until_stopped
from hubbub.app.telemetry.records import ObservedRecords
from hubbub.kernel.health import Health

if TYPE_CHECKING:
    from hubbub.kernel.telemetry import Telemetry


async def serve_media(config: Config, folder: DataFolder, listener: socket.socket, observed: Telemetry) -> None:
    """Serve media until a signal asks for a stop.

    Raises:
        Misconfigured: As for `shares`.
    """
    is_shared = shares(config)
    stop, local_url = stop_on_signals(), url_of(listener)
    async with (
        open_house(config, folder, local_url, partial(ObservedRecords, traces=observed.traces)) as house,
        open_media(house) as media,
        serve_operations(folder.operations, Operations(house, report=media.report, review=media.review).perform),
    ):
        health = Health()
        health.register("media", media.health)
        if house.config.cache != "memory":
            health.register("cache", partial(probes.cache, house))
        health.register("storage", partial(probes.storage, house))
        pages = OperationsPages(health, observed.registry, house.community.authentication, house.public_url)
        faces: list[Pages] = [media.uploads, media.delivery, media.streams, pages]
        async with served(Front(nowhere, faces, nowhere), [], house, media, listener, observed) as http:
            known = "" if is_shared else "No other process sees its records and files.\n"
            sys.stdout.write(f"Hubbub {__version__} serves media at {local_url}\n{known}Ctrl-C stops it.\n")
            sys.stdout.flush()
            await until_stopped(stop, http)
