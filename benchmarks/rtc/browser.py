"""People in real browsers: pages of Chromium with LiveKit's client, a voice and a camera made by the browser itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route, async_playwright

from rtc.person import Venue

ADDRESS = "http://localhost/"
"""Where the page is said to be: of loopback, browsers let even http pages have microphones."""
CLIENT = Path("web/node_modules/livekit-client/dist/livekit-client.umd.js")
SCRIPT = Path(__file__).with_name("page.js")
WAIT_S = 30.0
MOVING = 20
"""Packets of sound and pictures from which on they flow."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=LocalNetworkAccessChecks",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in a room, in a page of their own."""

    page: Page

    @classmethod
    async def join(cls, browser: Browser, venue: Venue, room: str, identity: str, *, detour: str = "") -> Visitor:
        """Join a room; `detour`, an address and a port, is used in place of the server's own for media."""
        page = await browser.new_page()
        await page.route(f"{ADDRESS}**", _answer)
        await page.goto(ADDRESS)
        await page.evaluate(
            "([url, token, detour]) => join(url, token, detour)",
            [venue.url.replace("http", "ws", 1), venue.token(room, identity), detour],
        )
        return cls(page)

    async def share(self) -> None:
        """Send a voice and a camera's pictures."""
        await self.page.evaluate("share()")

    async def received(self, kind: str) -> Report:
        """Return what the browser says of the stream of `kind` that arrives; nothing before one does."""
        found = [each for each in await self._reports() if each["type"] == "inbound-rtp" and each["kind"] == kind]
        return max(found, key=lambda each: float(each["packetsReceived"]), default={})

    async def sent(self) -> Report:
        """Return what the browser says of the stream of pictures of which most were sent."""
        found = [each for each in await self._reports() if each["type"] == "outbound-rtp" and each["kind"] == "video"]
        return max(found, key=lambda each: float(each.get("framesEncoded", 0)), default={})

    async def until_moving(self) -> None:
        """Wait until sound and pictures arrive."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_S
        while True:
            audio, video = await self.received("audio"), await self.received("video")
            if audio.get("packetsReceived", 0) > MOVING and video.get("framesDecoded", 0) > MOVING:
                return
            if loop.time() > deadline:
                raise RuntimeError(f"sound and pictures did not come within {WAIT_S:.0f} s: {audio} {video}")
            await asyncio.sleep(0.2)

    async def leave(self) -> None:
        """Leave the room and close the page."""
        with contextlib.suppress(Exception):
            await self.page.evaluate("room.disconnect()")
        await self.page.close()

    async def _reports(self) -> list[Report]:
        reports: list[Report] = await self.page.evaluate("reports()")
        return reports


async def _answer(route: Route) -> None:
    scripts = f"<script>{SCRIPT.read_text()}</script><script src=client.js></script>"
    if route.request.url.endswith("client.js"):
        await route.fulfill(path=CLIENT, content_type="text/javascript")
    else:
        await route.fulfill(body=f"<!doctype html><body>{scripts}", content_type="text/html")


def chromium() -> str | None:
    """Return the browser that is here, if any."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.asynccontextmanager
async def running_browser(executable: str) -> AsyncIterator[Browser]:
    """Run Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()
