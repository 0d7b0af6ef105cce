"""A small world for tests of the community: one guild, a few people and a bot, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlalchemy import Table, insert

from doubles.file_library import FileLibraryDouble
from hubbub.community.adapters import columns, tables
from hubbub.community.api.application import application
from hubbub.community.config import CommunityConfig
from hubbub.community.domain.guild import encode_ids, new_channel, new_guild, new_member, new_role
from hubbub.community.domain.permissions import DEFAULT_EVERYONE, Permissions
from hubbub.community.service.actor import Actor
from hubbub.community.service.authentication import encode_bot_token, hash_of
from hubbub.community.service.community import Community
from hubbub.events.contracts import events
from hubbub.kernel.clock import Clock, ManualClock
from hubbub.kernel.randomness import SeededRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.cache import MemoryCache
from hubbub.storage.objects import Objects
from hubbub.storage.records.create import create_all
from hubbub.storage.records.port import Op, Records, Statement
from hubbub.storage.records.schema import metadata
from hubbub.storage.records.sqlite import SqliteRecords

_INSERTS: dict[str, Statement[Any]] = {
    name: Statement(f"test.{name}", insert(table)) for name, table in vars(tables).items() if isinstance(table, Table)
}
_YEAR_MS = 366 * 86_400_000
PUBLIC_URL = "http://hubbub.test"


class World:
    """Alice owns a guild; Bob, Carol and a bot are members; Dora is a stranger."""

    def __init__(
        self,
        community: Community,
        records: Records,
        clock: Clock,
        snowflakes: SnowflakeGenerator,
        library: FileLibraryDouble,
    ) -> None:
        self.library = library
        self.community = community
        self.records = records
        self.clock = clock
        self.snowflakes = snowflakes
        self.alice, self.bob, self.carol, self.dora, self.robot = (snowflakes.next() for _ in range(5))
        self.guild = snowflakes.next()
        self.general, self.quiet, self.category, self.voice = (snowflakes.next() for _ in range(4))
        self.helpers = snowflakes.next()
        self.secrets = {user: f"secret-of-{user}" for user in (self.alice, self.bob, self.carol, self.dora)}
        self.bot_token = encode_bot_token(self.robot, clock.unix_ms(), b"r" * 32)
        self.ephemeral: list[events.Event] = []
        community.ephemeral.subscribe(self.ephemeral.append)
        self._seen = 0

    @property
    def moving(self) -> ManualClock:
        assert isinstance(self.clock, ManualClock)
        return self.clock

    def person(self, user_id: int) -> Actor:
        return Actor(user_id)

    @property
    def bot(self) -> Actor:
        return Actor(self.robot, is_bot=True, application_id=self.robot)

    async def insert(self, table: str, **row: object) -> None:
        await self.records.write([Op(_INSERTS[table], row)])

    async def add_user(self, user_id: int, name: str, *, is_bot: bool = False) -> None:
        await self.insert(
            "users",
            id=user_id,
            username=name,
            global_name=name.title(),
            avatar=None,
            bio="",
            is_bot=is_bot,
            is_administrator=False,
            disabled_at_ms=None,
            deleted_at_ms=None,
        )
        now = self.clock.unix_ms()
        if user_id in self.secrets:
            await self.insert(
                "login_sessions",
                id=self.snowflakes.next(),
                user_id=user_id,
                token_hash=hash_of(self.secrets[user_id]),
                created_at_ms=now,
                last_seen_at_ms=now,
                expires_at_ms=now + _YEAR_MS,
                user_agent="",
                address="",
            )

    async def add_member(
        self, user_id: int, role_ids: tuple[int, ...] = (), timeout_until_ms: int | None = None
    ) -> None:
        member = new_member(self.guild, user_id, self.clock.unix_ms())
        roles = {"role_ids_json": encode_ids(role_ids), "timeout_until_ms": timeout_until_ms}
        await self.insert("members", **{**columns.params(member), **roles})

    async def add_role(self, role_id: int, name: str, permissions: int, *, mentionable: bool = False) -> None:
        position = 0 if role_id == self.guild else 1
        role = new_role(role_id, self.guild, name, permissions, position=position)
        await self.insert("roles", **{**columns.params(role), "mentionable": mentionable})

    async def add_channel(self, channel_id: int, name: str, kind: int = 0, **settings: object) -> None:
        channel = new_channel(channel_id, self.guild, kind, name)
        await self.insert("channels", **{**columns.params(channel), **settings})

    async def add_emoji(self, emoji_id: int, name: str) -> None:
        await self.insert(
            "emojis",
            id=emoji_id,
            guild_id=self.guild,
            name=name,
            role_ids_json=b"[]",
            creator_id=self.alice,
            animated=False,
            content_type="image/png",
        )
        self.community.ports.guilds.forget(self.guild)

    async def build(self) -> None:
        for user_id, name in (
            (self.alice, "alice"),
            (self.bob, "bob"),
            (self.carol, "carol"),
            (self.dora, "dora"),
        ):
            await self.add_user(user_id, name)
        await self.add_user(self.robot, "robot", is_bot=True)
        await self.insert(
            "applications",
            id=self.robot,
            owner_id=self.alice,
            name="robot",
            description="",
            token_hash=hash_of(self.bot_token),
            created_at_ms=self.clock.unix_ms(),
        )
        guild = new_guild(self.guild, "Guild", self.alice, None, system_channel_id=None)
        await self.insert("guilds", **columns.params(guild))
        await self.add_role(self.guild, "@everyone", DEFAULT_EVERYONE & ~Permissions.MENTION_EVERYONE)
        await self.add_role(self.helpers, "helpers", 0, mentionable=True)
        await self.add_channel(self.general, "general")
        deny = str(Permissions.SEND_MESSAGES | Permissions.READ_MESSAGE_HISTORY)
        overwrite = {"id": str(self.guild), "type": 0, "allow": "0", "deny": deny}
        await self.add_channel(self.quiet, "quiet", overwrites_json=msgspec.json.encode([overwrite]))
        await self.add_channel(self.category, "category", 4)
        await self.add_channel(self.voice, "voice", 2)
        for user_id in (self.alice, self.bob, self.carol, self.robot):
            await self.add_member(user_id, (self.helpers,) if user_id == self.carol else ())

    async def told(self) -> list[events.Event]:
        """Return the events told since the last look."""
        rows = await self.records.outbox(self._seen, 10_000)
        if rows:
            self._seen = rows[-1].seq
        return [events.decode(row.payload) for row in rows]

    def client(self, who: int | None, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        """Return an HTTP client that speaks as `who`: a person, the bot, or (None) nobody."""
        found = dict(headers or {})
        if who == self.robot:
            found["Authorization"] = f"Bot {self.bot_token}"
        elif who is not None:
            found["Cookie"] = f"__Host-hubbub={self.secrets[who]}"
            found["X-Hubbub-Client"] = "test"
        transport = httpx.ASGITransport(app=self.app)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=found)

    @property
    def app(self) -> object:
        if not hasattr(self, "_app"):
            self._app = application(self.community)
        return self._app


@asynccontextmanager
async def world(
    folder: Path,
    clock: Clock | None = None,
    records: Records | None = None,
    **settings: Any,
) -> AsyncIterator[World]:
    """Build the world in `folder`, in given `records` or new ones, and take it down afterwards."""
    clock = clock or ManualClock()
    if records is None:
        create_all(folder / "records.sqlite", metadata)
        records = await SqliteRecords.open(folder / "records.sqlite")
    snowflakes = SnowflakeGenerator(clock)
    library = FileLibraryDouble(records, clock, snowflakes, PUBLIC_URL)
    community = Community(
        records=records,
        objects=Objects.on_disk(folder / "objects"),
        cache=MemoryCache(clock),
        clock=clock,
        random=SeededRandom(1),
        snowflakes=snowflakes,
        config=CommunityConfig(**{"rate_limits": False, **settings}),
        public_url=PUBLIC_URL,
        files=library,
    )
    built = World(community, records, clock, snowflakes, library)
    await built.build()
    try:
        yield built
    finally:
        await community.close()
        await records.close()
