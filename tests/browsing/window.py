"""One person's browser window, watched for everything that a person would never see but must not happen."""

from __future__ import annotations

from typing import Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from servers.person import PASSWORD, Person

DESK = (1280, 800)
PHONE = (390, 844)
WAIT_MS = 30_000
"""How long what must come true may take on a busy machine: longer than the client ever waits to try again."""

_EXPECTED = ("Failed to load resource", "WebSocket connection to")
"""The console tells of every answer that is no success, and of lost connections; those that matter show on the page."""


class Window:
    """A page in a context of its own, so that its person is signed in nowhere else."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        """Watch `page` from now on."""
        self.context = context
        self.page = page
        self.url = url
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("console", self._heard)

    @classmethod
    async def open(
        cls,
        browser: Browser,
        url: str,
        *,
        size: tuple[int, int] = DESK,
        theme: str = "light",
        locale: str = "en-GB",
        permissions: tuple[str, ...] = ("clipboard-read", "clipboard-write"),
        motion: bool = False,
    ) -> Self:
        """Return a new window on an empty page; dark when `theme` says so, still unless `motion` is asked for."""
        width, height = size
        context = await browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="no-preference" if motion else "reduce",
            has_touch=size == PHONE,
            locale=locale,
            service_workers="block",
        )
        context.set_default_timeout(WAIT_MS)
        await context.grant_permissions(list(permissions))
        return cls(context, await context.new_page(), url)

    async def sign_in(self, person: Person) -> None:
        """Be `person` from now on, in a session of this window's own."""
        async with Person(self.url) as session:
            await session.post("/auth/login", {"login": person.user["username"], "password": PASSWORD})
            name, _, value = session.cookie.partition("=")
        # The cookie is Secure, which the browser accepts of loopback but Playwright only for https.
        cookie = {"name": name, "value": value, "url": self.url.replace("http", "https", 1), "secure": True}
        await self.context.add_cookies([cookie])  # type: ignore[list-item]

    async def go(self, path: str) -> None:
        """Open an address of the client."""
        await self.page.goto(path, wait_until="commit")

    async def heading(self, name: str) -> None:
        """Wait until a heading says `name`."""
        await expect(self.page.get_by_role("heading", name=name).first).to_be_visible()

    async def close(self) -> list[str]:
        """Close the window; return what went wrong in it that nobody saw."""
        await self.context.close()
        return self.problems

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            self.problems.append(f"console: {message.text}")
