"""Posts webhook events to the addresses that want them: in order, signed, tried again a few times, never for ever.

Each address has a queue and a task of its own, so that a slow receiver holds up nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

import httpx
from livekit.protocol.webhook import WebhookEvent

from hubbub.kernel.clock import Clock
from hubbub.kernel.telemetry import logger, meter
from hubbub.voice.domain.key import ApiKey
from hubbub.voice.service.webhook import Webhooks, sign_event

ATTEMPTS_MAX = 4
"""As LiveKit's sender tries by default, within about as long."""
_FIRST_WAIT_S = 0.5
_TIMEOUT_S = 5.0
_STOP_WAIT_S = 2.0
"""Seconds that a stop waits for what is queued."""
_BUSY, _FAULT = 429, 500

_log = logger(__name__)
_sent = meter("hubbub.voice").create_counter("hubbub.voice.webhooks", description="webhook events by outcome")


class WebhookSender:
    """Sends to every address what `webhooks` holds."""

    def __init__(
        self, webhooks: Webhooks, urls: Sequence[str], key: Callable[[], ApiKey], clock: Clock, *, waiting_max: int
    ) -> None:
        """Send to `urls`, signed with the key that `key` returns; of an address's events at most `waiting_max` wait."""
        self._webhooks = webhooks
        self._key = key
        self._clock = clock
        self._queues = {url: deque[WebhookEvent](maxlen=waiting_max) for url in urls}
        self._news = {url: asyncio.Event() for url in urls}
        self._first_wait_s = _FIRST_WAIT_S
        self._stopping = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the context lasts, and what waits when it ends, as far as that goes quickly."""
        self._webhooks.on_queued = self._spread
        limits = httpx.Limits(max_connections=2 * len(self._queues) or 1)
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, limits=limits, follow_redirects=False) as client:
            tasks = [asyncio.create_task(self._serve(client, url)) for url in self._queues]
            try:
                yield
            finally:
                self._webhooks.on_queued = None
                await self._stop(tasks)

    def _spread(self) -> None:
        for event in self._webhooks.take():
            for url, queue in self._queues.items():
                queue.append(event)
                self._news[url].set()

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        self._spread()
        self._stopping = True
        for news in self._news.values():
            news.set()
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=_STOP_WAIT_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, client: httpx.AsyncClient, url: str) -> None:
        queue, news = self._queues[url], self._news[url]
        while True:
            await news.wait()
            news.clear()
            while queue:
                event = queue[0]
                outcome = await self._send(client, url, event)
                _sent.add(1, {"outcome": outcome})
                # A full queue may have dropped it meanwhile.
                if queue and queue[0] is event:
                    queue.popleft()
            if self._stopping:
                return

    async def _send(self, client: httpx.AsyncClient, url: str, event: WebhookEvent) -> str:
        problem = ""
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                await asyncio.sleep(self._first_wait_s * 2 ** (attempt - 1))
            key = self._key()
            post = sign_event(event, key.key, key.secret, now_s=self._clock.unix_ms() // 1000)
            try:
                response = await client.post(url, content=post.body, headers=dict(post.headers))
            except httpx.HTTPError as failure:
                problem = type(failure).__name__
                continue
            if response.status_code < _FAULT and response.status_code != _BUSY:
                if response.is_success:
                    return "sent"
                problem = str(response.status_code)
                break  # the receiver understood, and does not want it
            problem = str(response.status_code)
        _log.warning("voice.webhook_failed", url=url, webhook_event=event.event, id=event.id, problem=problem)
        return "failed"
