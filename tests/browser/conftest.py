"""What the browser tests share: one Chromium, one server, and people in windows of their own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from browsing.chromium import ARGUMENTS, executable
from browsing.company import SETTINGS, OpenWindow, Pair, Talk, look_together, make_pair
from browsing.hall import Hall, make_hall
from browsing.window import WAIT_MS, Window
from servers.hubbub_process import HubbubProcess
from servers.person import Person


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests on one event loop, because the browser lives on it."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@contextlib.asynccontextmanager
async def _launched(path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS)
        launched = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with _launched(executable()) as launched:
        yield launched


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole_browser() -> AsyncIterator[Browser]:
    """With what the headless shell lacks: permissions that are asked for, notifications, devices that have names."""
    async with _launched(executable(whole=True)) as launched:
        yield launched


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HubbubProcess]:
    """The server of all tests that do not stop it; each makes its own people and guilds."""
    async with HubbubProcess(tmp_path_factory.mktemp("server"), settings=SETTINGS) as process:
        yield process


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, for those who clean up after it."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest_asyncio.fixture(loop_scope="session")
async def open_window(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenWindow]:
    """Opens windows that are closed, and found without hidden problems, at the end of the test."""
    async with _windows(browser, request, tmp_path) as open_:
        yield open_


@pytest_asyncio.fixture(loop_scope="session")
async def open_whole_window(
    whole_browser: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[OpenWindow]:
    """Opens the same of the whole browser."""
    async with _windows(whole_browser, request, tmp_path) as open_:
        yield open_


@contextlib.asynccontextmanager
async def _windows(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenWindow]:
    """Of a test that failed, what each window showed last is kept as a picture."""
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


@pytest_asyncio.fixture(loop_scope="session")
async def pair(server: HubbubProcess) -> AsyncIterator[Pair]:
    made = await make_pair(server.url)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def talk(server: HubbubProcess, pair: Pair, open_window: OpenWindow) -> Talk:
    return await look_together(server.url, pair, open_window)


@pytest_asyncio.fixture(loop_scope="session")
async def hall(server: HubbubProcess) -> AsyncIterator[Hall]:
    made = await make_hall(server.url)
    yield made
    await made.close()
