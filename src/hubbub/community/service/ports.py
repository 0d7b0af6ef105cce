"""The ports that use cases share, handed over as one."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.community.config import CommunityConfig
from hubbub.community.service.files_port import FileLibrary
from hubbub.community.service.guild_directory import GuildDirectory
from hubbub.community.service.guild_storage import GuildStorage
from hubbub.community.service.user_directory import UserDirectory
from hubbub.kernel.clock import Clock
from hubbub.kernel.randomness import RandomSource
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.cache import Cache
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records


class Ports(NamedTuple):
    """What every use case may need from outside."""

    records: Records
    objects: Objects
    cache: Cache
    clock: Clock
    random: RandomSource
    snowflakes: SnowflakeGenerator
    config: CommunityConfig
    public_url: str
    """Address that links and files begin with, without a final slash."""
    guilds: GuildDirectory
    users: UserDirectory
    files: FileLibrary
    """What keeps files of messages, and pictures."""

    @property
    def storage(self) -> GuildStorage:
        """How much of the storage each guild has."""
        return GuildStorage(self.records, self.config.guild_bytes_max)
