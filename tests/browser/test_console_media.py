"""The console's page of media: what it tells, and what an administrator does there, by pointer, by keys and to axe."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from browsing.audit import grave_problems
from browsing.window import PHONE
from servers.hubbub_process import HubbubProcess
from servers.person import Person
from servers.waiting import until

WIDE = (1440, 900)
WAIT_S = 120.0
DAMAGED = b"\x89PNG\r\n\x1a\n" + bytes(12)
NAMES = ("broken.png", "torn.png")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def keeper(server: HubbubProcess) -> AsyncIterator[Person]:
    """An administrator of a server on which two files were given up, and one is being uploaded."""
    key = await server.command("key", "create", "media")
    headers = {"Authorization": f"Bearer {key['bearer']}", "Tus-Resumable": "1.0.0"}
    body = {"Content-Type": "application/offset+octet-stream"}
    async with httpx.AsyncClient(timeout=60.0) as http:
        for name, meta in zip(NAMES, ("filename YnJva2VuLnBuZw==", "filename dG9ybi5wbmc="), strict=True):
            told = {**headers, **body, "Upload-Length": "20", "Upload-Metadata": meta}
            assert (await http.post(key["url"], headers=told, content=DAMAGED)).status_code == 201, name
        slow = {**headers, **body, "Upload-Length": "5000000", "Upload-Metadata": "filename c2xvdy5iaW4="}
        await http.post(key["url"], headers=slow, content=bytes(2000))

    async def are_parked() -> bool:
        return {each["name"] for each in (await server.command("media", "parked"))["parked"]} >= set(NAMES)

    await until(are_parked, within_s=WAIT_S, every_s=0.2)
    async with await Person.register(server.url, "keeper.console") as person:
        await server.command("admin", "user", "grant", "keeper.console")
        yield person


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (PHONE, "dark")])
async def test_media_is_told_at_a_glance_on_every_screen(server, keeper, open_window, size, theme):
    window = await open_window(server.url, keeper, size=size, theme=theme)
    page = window.page
    await window.go("/console/media")
    await window.heading("Media")
    given_up = page.get_by_role("region", name="Given up")
    await expect(given_up).to_contain_text("broken.png")
    await expect(page.get_by_role("region", name="Uploads under way")).to_contain_text("slow.bin")
    await expect(page.get_by_role("region", name="Kept")).to_contain_text("Originals")
    await expect(page.get_by_role("region", name="Delivered")).to_contain_text("in memory")
    await expect(page.get_by_role("region", name="Guilds")).to_contain_text("community.guild_bytes_max")
    await expect(page.get_by_role("region", name="Costs")).to_contain_text("media.price_stored")
    assert await grave_problems(page) == []
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(beyond) <= 0


async def test_given_up_work_is_forgotten_by_keys(server, keeper, open_window):
    window = await open_window(server.url, keeper, size=WIDE, locale="de-DE")
    page = window.page
    await window.go("/console/calls")
    await page.get_by_role("link", name="Medien").click()
    await window.heading("Medien")
    button = page.get_by_role("button", name="Arbeit an torn.png vergessen")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(button).to_have_count(0)
    assert "torn.png" not in {each["name"] for each in (await server.command("media", "parked"))["parked"]}
