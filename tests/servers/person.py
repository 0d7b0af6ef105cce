"""A member of a community as the tests drive one: a signed-in session on REST and the gateway, no browser needed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Json = dict[str, Any]
PASSWORD = "correct horse battery staple"


class Refused(AssertionError):
    """A request was answered with an error that the test did not expect."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.method} {response.url} -> {response.status_code} {response.text[:2000]}")
        self.response = response


class Person:
    """One signed-in person; create by `register` or `login`."""

    def __init__(self, url: str, *, origin: str | None = None) -> None:
        self.url = url
        self.origin = origin or url
        self.http = httpx.AsyncClient(
            base_url=f"{url}/api/v10", headers={"X-Hubbub-Client": "tests", "Origin": self.origin}, timeout=20.0
        )
        self.user: Json = {}
        self.cookie = ""

    @classmethod
    async def register(cls, url: str, name: str, **fields: str) -> Self:
        """Return a new person who has just signed up."""
        person = cls(url, origin=fields.pop("origin", None))
        body = await person.post("/auth/register", {"username": name, "password": PASSWORD, **fields})
        person.user = body["user"]
        return person

    @property
    def id(self) -> str:
        return str(self.user["id"])

    async def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request, waiting out rate limits; keep the session's cookie.

        Cookies are kept by hand: a `__Host-` cookie is Secure, which browsers allow on loopback and httpx does not.
        """
        while True:
            headers = {**more.pop("headers", {}), **({"Cookie": self.cookie} if self.cookie else {})}
            response = await self.http.request(method, path, headers=headers, **more)
            self.http.cookies.clear()
            for line in response.headers.get_list("set-cookie"):
                self.cookie = line.partition(";")[0]
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return response
            await asyncio.sleep(response.json()["retry_after"])

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Send a request that must succeed; return its decoded body, None when it has none."""
        if body is not None:
            more["json"] = body
        response = await self.request(method, path, **more)
        if not response.is_success:
            raise Refused(response)
        return response.json() if response.content else None

    async def get(self, path: str, **more: Any) -> Any:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> Any:
        return await self.ask("POST", path, body, **more)

    async def put(self, path: str, body: object = None) -> Any:
        return await self.ask("PUT", path, body)

    async def patch(self, path: str, body: object = None) -> Any:
        return await self.ask("PATCH", path, body)

    async def delete(self, path: str) -> Any:
        return await self.ask("DELETE", path)

    async def say(self, channel_id: str, content: str, **more: Any) -> Json:
        """Send a message; return it."""
        return dict(await self.post(f"/channels/{channel_id}/messages", {"content": content, **more}))

    async def make_guild(self, name: str) -> tuple[str, str]:
        """Make a guild; return its id and the id of its first text channel."""
        guild = await self.post("/guilds", {"name": name})
        channels = await self.get(f"/guilds/{guild['id']}/channels")
        return guild["id"], next(channel["id"] for channel in channels if channel["type"] == 0)

    async def close(self) -> None:
        await self.http.aclose()

    @contextlib.asynccontextmanager
    async def gateway(self, **options: Any) -> AsyncIterator[Gateway]:
        """Connect to the gateway as the web client does, by the session's cookie."""
        origin, cookie = self.origin, self.cookie
        async with Gateway(self.url, "session", headers={"Origin": origin, "Cookie": cookie}, **options) as gateway:
            yield gateway

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Gateway:
    """A gateway session without compression that keeps every dispatch it gets."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        headers: dict[str, str] | None = None,
        intents: int = (1 << 25) - 1,
        session: tuple[str, int] | None = None,
    ) -> None:
        self.address = f"{url.replace('http', 'ws', 1)}/gateway/?v=10&encoding=json"
        self.token = token
        self.headers = headers or {}
        self.intents = intents
        self.session_id, self.sequence = session or ("", 0)
        self.events: list[tuple[str, Json]] = []
        self.opcodes: list[Json] = []
        self.socket: ClientConnection | None = None
        self.ended: ConnectionClosed | None = None
        self._arrived = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.socket = await connect(
            self.address, additional_headers=self.headers, max_size=None, compression=None, proxy=None
        )
        hello = json.loads(await self.socket.recv())
        assert hello["op"] == 10, hello
        self._tasks.append(asyncio.create_task(self._heartbeat(hello["d"]["heartbeat_interval"] / 1000)))
        if self.session_id:
            resume = {"token": self.token, "session_id": self.session_id, "seq": self.sequence}
            await self.send(6, resume)
            self._tasks.append(asyncio.create_task(self._read()))
            return self
        properties = {"os": "linux", "browser": "tests", "device": "tests"}
        await self.send(2, {"token": self.token, "intents": self.intents, "properties": properties})
        self._tasks.append(asyncio.create_task(self._read()))
        ready = await self.wait_for("READY")
        self.session_id = ready["session_id"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert self.socket is not None
        await self.socket.close()

    async def send(self, opcode: int, data: object) -> None:
        assert self.socket is not None
        await self.socket.send(json.dumps({"op": opcode, "d": data}))

    async def wait_for(
        self, name: str, matches: Callable[[Json], bool] = lambda _: True, *, within_s: float = 15.0
    ) -> Json:
        """Return the first dispatch of this name that matches, past or to come."""

        def found() -> Json | None:
            return next((data for event, data in self.events if event == name and matches(data)), None)

        async with self._arrived:
            try:
                await asyncio.wait_for(
                    self._arrived.wait_for(lambda: found() is not None or self.ended is not None), within_s
                )
            except TimeoutError:
                names = [event for event, _ in self.events]
                raise AssertionError(f"no {name} within {within_s} s; there were {names[-40:]}") from None
        data = found()
        if data is None:
            raise AssertionError(f"the gateway closed before {name}: {self.ended}")
        return data

    async def wait_closed(self, *, within_s: float = 15.0) -> int:
        """Return the code with which the server closed the connection."""
        async with self._arrived:
            await asyncio.wait_for(self._arrived.wait_for(lambda: self.ended is not None), within_s)
        assert self.ended is not None
        return self.ended.rcvd.code if self.ended.rcvd else 1006

    async def _read(self) -> None:
        assert self.socket is not None
        try:
            async for raw in self.socket:
                frame = json.loads(raw)
                async with self._arrived:
                    if frame["op"] == 0:
                        self.sequence = frame["s"]
                        self.events.append((frame["t"], frame["d"]))
                    else:
                        self.opcodes.append(frame)
                    self._arrived.notify_all()
            await self.socket.wait_closed()
            raise ConnectionClosed(self.socket.protocol.close_rcvd, self.socket.protocol.close_sent)  # noqa: TRY301
        except ConnectionClosed as error:
            async with self._arrived:
                self.ended = error
                self._arrived.notify_all()

    async def _heartbeat(self, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            with contextlib.suppress(ConnectionClosed):
                await self.send(1, self.sequence or None)
