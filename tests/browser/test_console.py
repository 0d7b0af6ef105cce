"""The operator console: who gets in, what a call's page tells, by pointer, by keys and to axe."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from browsing.audit import grave_problems
from browsing.window import PHONE, Window
from doubles.call_seed import seed_calls
from servers.hubbub_process import HubbubProcess
from servers.person import Person

WIDE = (1440, 900)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def warden(server: HubbubProcess) -> AsyncIterator[Person]:
    """An administrator of a server with three calls."""
    await seed_calls(server.folder / "data" / "hubbub.db")
    async with await Person.register(server.url, "warden.console") as person:
        await server.command("admin", "user", "grant", "warden.console")
        yield person


async def open_call(window: Window, title: str) -> Page:
    await window.go("/console/calls")
    await window.page.get_by_role("link", name=title).click()
    await window.heading(title)
    return window.page


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (PHONE, "dark")])
async def test_a_bad_call_is_found_explained_and_drawn(server, warden, open_window, size, theme):
    window = await open_window(server.url, warden, size=size, theme=theme)
    page = window.page
    await window.go("/console")
    await expect(page.get_by_role("row")).to_have_count(4)
    assert await grave_problems(page) == []
    await page.get_by_label("Quality").select_option(label="Bad (under 3.5)")
    await page.get_by_label("Person, channel or guild").fill("edith")
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_role("link", name="Band practice").click()
    await window.heading("Band practice")
    cause = page.get_by_role("region", name="Likely cause")
    await expect(cause).to_contain_text("Of what Ada sent, 11 % on average and 16 % at worst was lost")
    await expect(page.get_by_role("button", name="Ada")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".plot canvas").first).to_be_visible()
    await expect(page.get_by_role("list").filter(has_text="alarm: MOS 3.4 over ten seconds")).to_be_visible()
    assert await grave_problems(page) == []
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(beyond) <= 0


async def test_a_timeline_is_walked_by_keys_and_read_as_a_table(server, warden, open_window):
    window = await open_window(server.url, warden, size=WIDE)
    page = await open_call(window, "Band practice")
    await page.get_by_role("button", name="Grace").click()
    plots = page.get_by_role("group", name="Arrow keys move along the time")
    await expect(plots).to_contain_text("Video layer")
    await plots.focus()
    await page.keyboard.press("End")
    spoken = plots.locator("[aria-live]")
    await expect(spoken).to_contain_text("Opinion (MOS): hears 4.4")
    for _ in range(3):
        await page.keyboard.press("Shift+ArrowLeft")
    await expect(spoken).not_to_contain_text("hears 4.4")
    await page.get_by_text("As a table").click()
    rows = page.get_by_role("region", name="As a table").get_by_role("row")
    assert await rows.count() > 70
    async with page.expect_download() as told:
        await page.get_by_role("button", name="Download CSV").click()
    saved = await (await told.value).path()
    assert saved.read_text().startswith("time,hears,sends,")
    async with page.expect_download() as told:
        await page.get_by_role("button", name="Download picture").click()
    assert (await (await told.value).path()).read_bytes().startswith(b"\x89PNG")


async def test_a_call_that_lasts_says_so(server, warden, open_window):
    window = await open_window(server.url, warden, size=WIDE)
    page = await open_call(window, "Lounge")
    await expect(page.get_by_text("Live for")).to_be_visible()
    cause = page.get_by_role("region", name="Likely cause")
    await expect(cause).to_contain_text("too narrow for what they received")
    await expect(page.get_by_role("button", name="congestion: the way carries 260 kbit/s")).to_be_visible()


async def test_the_console_speaks_the_readers_language(server, warden, open_window):
    window = await open_window(server.url, warden, size=WIDE, locale="de-DE")
    await window.go("/console/calls")
    await window.heading("Gespräche")
    await window.page.get_by_label("Stand").select_option(label="Laufende")
    await expect(window.page.get_by_role("row")).to_have_count(2)
    await expect(window.page.get_by_role("row").last).to_contain_text("schmale Leitung")


async def test_nothing_found_says_what_to_try(server, warden, open_window):
    window = await open_window(server.url, warden, size=WIDE)
    await window.go("/console/calls")
    await window.page.get_by_label("Person, channel or guild").fill("nobody at all")
    await expect(window.page.get_by_text("No call is like that.")).to_be_visible()


async def test_a_visitor_is_told_whom_the_console_is_for(server, warden, open_window):
    async with await Person.register(server.url, "visitor.console") as visitor:
        window = await open_window(server.url, visitor)
        await window.go("/console/calls")
        await expect(window.page.get_by_text("The console is for administrators.")).to_be_visible()
