"""How fast a page may send."""

from __future__ import annotations

from playwright.async_api import Page

UNLIMITED = -1


async def slow_down(page: Page, bytes_per_s: int) -> None:
    """Let this much leave the page each second; `UNLIMITED` lifts the limit."""
    protocol = await page.context.new_cdp_session(page)
    await protocol.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    await protocol.send("Network.emulateNetworkConditions", limits)
