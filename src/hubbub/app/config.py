"""Every setting of a Hubbub process, composed from the packages' own.

A setting's path is its key in `hubbub.toml` (``gateway.sessions_max`` is `sessions_max` under `[gateway]`) and names
its environment variable (``HUBBUB_GATEWAY_SESSIONS_MAX``). `hubbub.app.settings` reads both; nothing else looks at the
environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from hubbub.community.config import CommunityConfig
from hubbub.events.log.embedded.config import Config as EventLogConfig
from hubbub.gateway.config import GatewayConfig
from hubbub.media.config import MediaConfig
from hubbub.media.link_config import LinkConfig
from hubbub.voice.config import VoiceConfig

DERIVED = frozenset({"gateway.public_url"})
"""Settings of packages that the house fills in itself."""

PUBLIC_URL = r"^https?://[^/\s?#]+$"
OTLP = r"^https?://[^/\s?#]+(/[^\s?#]*)?$"
RECORDS = r"^(sqlite|postgresql://\S+)$"
CACHE = r"^(memory|valkeys?://\S+)$"
OBJECTS = r"^(disk|s3://[a-z0-9][a-z0-9.-]{2,62}(/\S*)?)$"


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one process."""

    host: str = "127.0.0.1"
    """Address to listen on. `0.0.0.0` lets other machines connect; put a TLS proxy in front of it then."""

    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    """TCP port for everything: web client, REST, gateway. 0 takes a free one and prints it."""

    data: Path = Path("data")
    """Folder of everything that must survive a restart: records, objects, event log, sessions."""

    public_url: (
        Annotated[
            str,
            msgspec.Meta(pattern=PUBLIC_URL, description="an address such as https://chat.example.org, without a path"),
        ]
        | None
    ) = None
    """Address under which people reach this server; links, files and the gateway's URL begin with it. None derives it
    from `host` and `port`."""

    records: Annotated[
        str, msgspec.Meta(pattern=RECORDS, description="sqlite, or an address such as postgresql://user@host/name")
    ] = "sqlite"
    """Where records are kept: `sqlite` is a file in the data folder."""

    objects: Annotated[
        str, msgspec.Meta(pattern=OBJECTS, description="disk, or an address such as s3://bucket/prefix")
    ] = "disk"
    """Where files are kept: `disk` is a folder in the data folder. S3's credentials come from the AWS_* variables."""

    cache: Annotated[
        str, msgspec.Meta(pattern=CACHE, description="memory, or an address such as valkey://host:6379/0")
    ] = "memory"
    """Where what may be lost is kept, and where processes agree on what each of them does: `memory` is for one process
    alone, a Valkey (or Redis 7) for several that share `records` and `objects`. Without it they go on, but may do work
    twice."""

    node: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """Number of this process among those that share `records`: each has its own, and keeps it over restarts. Ids are
    made of it, and what a killed process held is let go when one of its number starts."""

    trusted_proxies: str = "127.0.0.1"
    """Addresses, parted by commas, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe line that is written to standard error."""

    log_format: Literal["console", "json"] = "console"
    """`console` for people, `json` for collectors."""

    otlp_endpoint: (
        Annotated[
            str,
            msgspec.Meta(pattern=OTLP, description="an address such as http://127.0.0.1:4318"),
        ]
        | None
    ) = None
    """Address of an OpenTelemetry collector's HTTP intake; metrics go to `/v1/metrics` below it, traces to
    `/v1/traces`. None serves `/metrics` alone."""

    trace_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1
    """Share of requests whose traces are sent to `otlp_endpoint`; 0 sends none."""

    community: CommunityConfig = msgspec.field(default_factory=CommunityConfig)
    """What people may do here."""

    events: EventLogConfig = msgspec.field(default_factory=EventLogConfig)
    """The embedded event log."""

    gateway: GatewayConfig = msgspec.field(default_factory=GatewayConfig)
    """Realtime sessions."""

    links: LinkConfig = msgspec.field(default_factory=LinkConfig)
    """Previews of links."""

    media: MediaConfig = msgspec.field(default_factory=MediaConfig)
    """Uploads."""

    voice: VoiceConfig = msgspec.field(default_factory=VoiceConfig)
    """Calls."""
