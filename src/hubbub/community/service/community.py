"""The community engine put together: every use case over one set of ports."""

from __future__ import annotations

from hubbub.community.config import CommunityConfig
from hubbub.community.service.authentication import Authentication
from hubbub.community.service.guild_directory import GuildDirectory
from hubbub.community.service.ports import Ports
from hubbub.community.service.user_directory import UserDirectory
from hubbub.kernel.clock import Clock
from hubbub.kernel.randomness import RandomSource
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.cache import Cache
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records


class Community:
    """The use cases, one attribute each, and the ports that they share."""

    def __init__(
        self,
        *,
        records: Records,
        objects: Objects,
        cache: Cache,
        clock: Clock,
        random: RandomSource,
        snowflakes: SnowflakeGenerator,
        config: CommunityConfig,
        public_url: str,
    ) -> None:
        """Compose the engine; `public_url` is the address that links and files begin with, without a final slash."""
        self.config = config
        self.ports = ports = Ports(
            records,
            objects,
            cache,
            clock,
            random,
            snowflakes,
            config,
            public_url,
            GuildDirectory(records, clock),
            UserDirectory(records),
        )
        self.authentication = Authentication(ports)

    async def close(self) -> None:
        """Finish what the use cases began; the ports stay open."""
