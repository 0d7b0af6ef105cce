"""The community's REST API over a real database, spoken to without sockets: one `Caller` per person or bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from doubles.file_library import FileLibraryDouble
from hubbub.community.api.application import application
from hubbub.community.config import CommunityConfig
from hubbub.community.service.community import Community
from hubbub.community.service.passwords import Passwords
from hubbub.events.contracts.events import Event, decode
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.randomness import SeededRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.cache import MemoryCache
from hubbub.storage.objects import Objects
from hubbub.storage.records.create import create_all
from hubbub.storage.records.port import Records
from hubbub.storage.records.schema import metadata
from hubbub.storage.records.sqlite import SqliteRecords

PASSWORD = "correct horse battery staple"
PUBLIC_URL = "http://testserver"
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


class Caller:
    """Someone who asks the API."""

    def __init__(self, app: Any, headers: dict[str, str] | None = None) -> None:
        transport = httpx.ASGITransport(app=app, client=("203.0.113.7", 4711))
        self.http = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        self.headers = headers or {"X-Hubbub-Client": "tests", "Origin": PUBLIC_URL}
        self.user: dict[str, Any] = {}

    @property
    def id(self) -> str:
        return str(self.user["id"])

    async def ask(self, method: str, path: str, json: object = None, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        path = path if path.startswith("/cdn") else f"/api/v10{path}"
        response = await self.http.request(method, path, headers=headers, **more)
        for line in response.headers.get_list("set-cookie"):
            self.headers["Cookie"] = line.partition(";")[0]
        self.http.cookies.clear()
        return response

    async def ok(self, method: str, path: str, json: object = None, **more: Any) -> Any:
        response = await self.ask(method, path, json, **more)
        assert response.is_success, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    async def refused(self, method: str, path: str, json: object = None, **more: Any) -> tuple[int, int]:
        """Return status and numeric code of a request that must be refused."""
        response = await self.ask(method, path, json, **more)
        assert response.is_error, (method, path, response.status_code, response.text)
        assert response.headers["content-type"] == "application/json"
        return response.status_code, response.json()["code"]


@dataclass
class Api:
    """The API and what lies beneath it."""

    app: Any
    community: Community
    records: Records
    clock: ManualClock
    library: FileLibraryDouble
    _read: int = 0

    def anyone(self) -> Caller:
        return Caller(self.app)

    async def person(self, name: str, **fields: str) -> Caller:
        caller = Caller(self.app)
        answer = await caller.ok("POST", "/auth/register", {"username": name, "password": PASSWORD, **fields})
        caller.user = answer["user"]
        return caller

    async def bot(self, owner: Caller, name: str = "Robot") -> Caller:
        made = await owner.ok("POST", "/applications", {"name": name})
        bot = Caller(self.app, {"Authorization": f"Bot {made['token']}"})
        bot.user = await bot.ok("GET", "/users/@me")
        return bot

    async def guild(self, owner: Caller, *members: Caller, name: str = "Garden") -> dict[str, Any]:
        """Return a new guild of `owner` with its first text channel's id under ``text``, joined by `members`."""
        guild = await owner.ok("POST", "/guilds", {"name": name})
        channels = await owner.ok("GET", f"/guilds/{guild['id']}/channels")
        guild["text"] = next(channel["id"] for channel in channels if channel["type"] == 0)
        if members:
            invite = await owner.ok("POST", f"/channels/{guild['text']}/invites", {})
            for member in members:
                await member.ok("POST", f"/invites/{invite['code']}")
        return dict(guild)

    async def told(self) -> list[Event]:
        """Return the events since the last call."""
        rows = await self.records.outbox(self._read, 10_000)
        if rows:
            self._read = rows[-1].seq
        return [decode(row.payload) for row in rows]


@asynccontextmanager
async def community_api(folder: Path, records: Records | None = None, **settings: Any) -> AsyncIterator[Api]:
    """Yield an API in `folder`, or on `records`; `settings` are the community's, without rate limits unless said."""
    if records is None:
        database = folder / "records.sqlite"
        create_all(database, metadata)
        records = await SqliteRecords.open(database)
    clock = ManualClock()
    snowflakes = SnowflakeGenerator(clock)
    library = FileLibraryDouble(records, clock, snowflakes, PUBLIC_URL)
    community = Community(
        records=records,
        objects=Objects.in_memory(),
        cache=MemoryCache(clock),
        clock=clock,
        random=SeededRandom(7),
        snowflakes=snowflakes,
        files=library,
        config=CommunityConfig(**{"rate_limits": False, **settings}),
        public_url=PUBLIC_URL,
        passwords=Passwords(threads=1, queue=8, memory_kib=64),
    )
    try:
        yield Api(application(community), community, records, clock, library)
    finally:
        await community.close()
        await records.close()
