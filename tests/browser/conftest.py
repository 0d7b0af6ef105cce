"""What the browser tests share: one Chromium, one server, and people in windows of their own."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from browsing.conversation import Conversation
from browsing.window import WAIT_MS, Window
from servers.hubbub_process import HubbubProcess
from servers.person import Person

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
SETTINGS = {"HUBBUB_COMMUNITY_RATE_LIMITS": "false"}
"""Tests ask faster than people do; what they test is not the limits."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests on one event loop, because the browser lives on it."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def _executable() -> str:
    found = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium; scripts/setup browser gets one")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS)
        launched = await playwright.chromium.launch(executable_path=_executable(), args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HubbubProcess]:
    """The server of all tests that do not stop it; each makes its own people and guilds."""
    async with HubbubProcess(tmp_path_factory.mktemp("server"), settings=SETTINGS) as process:
        yield process


OpenWindow = Callable[..., Awaitable[Window]]
_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for those who clean up after it."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest_asyncio.fixture(loop_scope="session")
async def open_window(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenWindow]:
    """Opens windows that are closed, and found without hidden problems, at the end of the test.

    Of a test that failed, what each window showed last is kept as a picture.
    """
    windows: list[Window] = []

    async def open_(url: str, person: Person | None = None, **more: object) -> Window:
        window = await Window.open(browser, url, **more)  # type: ignore[arg-type]
        windows.append(window)
        if person is not None:
            await window.sign_in(person)
        return window

    yield open_
    if request.node.stash.get(_FAILED, False):
        for number, window in enumerate(windows):
            picture = tmp_path / f"window-{number}.png"
            await window.page.screenshot(path=picture)
            print(f"window {number} at {window.page.url}: {picture}")  # noqa: T201 - pytest shows it with the failure
    problems = [problem for window in windows for problem in await window.close()]
    assert problems == []


class Pair(NamedTuple):
    """Two people in one guild that the first of them owns."""

    ada: Person
    bert: Person
    guild_id: str
    channel_id: str

    @property
    def channel(self) -> str:
        """The address of the guild's text channel."""
        return f"/guilds/{self.guild_id}/{self.channel_id}"

    def settings(self, page: str) -> str:
        """Return the address of a page of the guild's settings."""
        return f"/guilds/{self.guild_id}/settings/{page}"


_made = 0


async def make_pair(url: str) -> Pair:
    """Return two new people in a new guild."""
    global _made  # noqa: PLW0603 - names of people are taken only once on a server
    _made += 1
    ada = await Person.register(url, f"ada{_made}", display_name="Ada")
    bert = await Person.register(url, f"bert{_made}", display_name="Bert")
    guild_id, channel_id = await ada.make_guild("Lantern Society")
    invite = await ada.post(f"/channels/{channel_id}/invites", {"max_age": 3600})
    await bert.post(f"/invites/{invite['code']}", {})
    return Pair(ada, bert, guild_id, channel_id)


@pytest_asyncio.fixture(loop_scope="session")
async def pair(server: HubbubProcess) -> AsyncIterator[Pair]:
    made = await make_pair(server.url)
    yield made
    await made.ada.close()
    await made.bert.close()


class Talk(NamedTuple):
    """Two people who look at the same channel, each in a window of their own."""

    pair: Pair
    ada: Conversation
    bert: Conversation


@pytest_asyncio.fixture(loop_scope="session")
async def talk(server: HubbubProcess, pair: Pair, open_window: OpenWindow) -> Talk:
    return await look_together(server.url, pair, open_window)


async def look_together(url: str, pair: Pair, open_window: OpenWindow) -> Talk:
    """Open a window for each of the pair, both on the guild's channel."""

    async def look(person: Person) -> Conversation:
        window = await open_window(url, person)
        await window.go(pair.channel)
        return await Conversation(window).opened()

    ada, bert = await asyncio.gather(look(pair.ada), look(pair.bert))
    return Talk(pair, ada, bert)
