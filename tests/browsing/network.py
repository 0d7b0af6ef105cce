"""How fast a page may send."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from playwright.async_api import CDPSession, Page

UNLIMITED = -1

_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()
"""One for each page: a limit is lifted by the session that set it, and by no other."""


async def slow_down(page: Page, bytes_per_s: int) -> None:
    """Let this much leave the page each second; `UNLIMITED` lifts the limit."""
    protocol = _sessions.get(page)
    if protocol is None:
        protocol = _sessions[page] = await page.context.new_cdp_session(page)
        await protocol.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    await protocol.send("Network.emulateNetworkConditions", limits)
