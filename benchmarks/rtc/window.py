"""People in real browsers of whom it counts when sound reaches them: at first, and again after it was away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route

from rtc.browser import ADDRESS, CLIENT, WAIT_S
from rtc.person import Venue

SCRIPT = Path(__file__).with_name("listening.js")


@dataclass(frozen=True, slots=True)
class Window:
    """A page in which one person is in a call."""

    page: Page

    async def speak(self, venue: Venue, room: str, identity: str) -> None:
        """Join and turn the microphone on."""
        await self.page.evaluate("([url, token]) => speak(url, token)", [venue.url, venue.token(room, identity)])

    async def hear(self, venue: Venue, room: str, identity: str) -> float:
        """Join and return after how many milliseconds the first sound arrived."""
        where = [venue.url, venue.token(room, identity)]
        async with asyncio.timeout(WAIT_S):
            return float(await self.page.evaluate("([url, token]) => hear(url, token)", where))

    async def leave(self) -> None:
        """Leave the call."""
        await self.page.evaluate("room.disconnect()")

    async def mark(self) -> None:
        """Measure from now on."""
        await self.page.evaluate("mark()")

    async def gap_ms(self) -> float:
        """Return the longest time without sound since the mark."""
        return float(await self.page.evaluate("gap()"))

    async def back_ms(self, *, pause_ms: int, steady: int) -> float:
        """Wait until sound is back after a pause, and return how long after the mark that was."""
        return float(await self._until(f"back({pause_ms}, {steady})"))

    async def reconnected(self) -> None:
        """Wait until livekit-client says that it connected again."""
        await self._until("reconnected > 0 || null")

    async def _until(self, expression: str) -> Any:
        within = f"() => {{ const value = {expression}; return value === null ? null : [value]; }}"
        found = await self.page.wait_for_function(within, polling=50, timeout=WAIT_S * 1e3)
        (value,) = await found.json_value()
        return value


@contextlib.asynccontextmanager
async def open_window(browser: Browser, *, listens: bool) -> AsyncIterator[Window]:
    """Open a page of its own; one that listens notes when sound arrives."""
    page = await browser.new_page()
    await page.route(f"{ADDRESS}**", _answer)
    await page.goto(f"{ADDRESS}{'#listener' if listens else ''}")
    try:
        yield Window(page)
    finally:
        await page.close()


@contextlib.asynccontextmanager
async def pair(browser: Browser, venue: Venue, room: str) -> AsyncIterator[Window]:
    """Let two people into a call, one of whom speaks; yield the window of who hears it, once it does."""
    async with open_window(browser, listens=False) as speaker, open_window(browser, listens=True) as listener:
        await speaker.speak(venue, room, "speaker")
        await listener.hear(venue, room, "listener")
        yield listener


async def _answer(route: Route) -> None:
    if route.request.url.endswith("client.js"):
        await route.fulfill(path=CLIENT, content_type="text/javascript")
    else:
        scripts = f"<script src=client.js></script><script>{SCRIPT.read_text()}</script>"
        await route.fulfill(body=f"<!doctype html><body>{scripts}", content_type="text/html")
