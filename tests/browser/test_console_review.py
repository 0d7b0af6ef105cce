"""The console's page of review: hidden until asked for, decided by pointer and by keys, on every screen and to axe."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw
from playwright.async_api import expect

from browsing.audit import grave_problems
from browsing.window import PHONE
from doubles.pictures import encoded
from servers.hubbub_process import HubbubProcess
from servers.person import Person
from servers.waiting import until

WIDE = (1440, 900)
WAIT_S = 120.0
NAMES = ("first.png", "second.png", "third.png")


def busy(seed: int) -> Image.Image:
    chance, picture = random.Random(seed), Image.new("RGB", (640, 480), (90, 120, 150))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        left, top = chance.randrange(640), chance.randrange(480)
        box = (left, top, left + chance.randrange(20, 200), top + chance.randrange(20, 150))
        draw.rectangle(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return picture


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def keeper(server: HubbubProcess) -> AsyncIterator[Person]:
    """An administrator of a server on which three pictures are kept back."""
    async with await Person.register(server.url, "keeper.review") as person:
        await server.command("admin", "user", "grant", "keeper.review")
        _, channel_id = await person.make_guild("Garden")
        for seed, name in enumerate(NAMES):
            sent = await person.request(
                "POST",
                f"/channels/{channel_id}/messages",
                data={"payload_json": json.dumps({"content": name})},
                files={"files[0]": (name, encoded(busy(100 + seed), "PNG"))},
            )
            number = sent.json()["attachments"][0]["id"]
            action = "review" if seed else "block"
            await server.command("media", "match", "add", number, "--label", f"case of {name}", "--action", action)

        async def are_held() -> bool:
            cases = (await server.command("media", "quarantine", "list"))["cases"]
            return {each["name"] for each in cases} >= set(NAMES)  # type: ignore[attr-defined]

        await until(are_held, within_s=WAIT_S, every_s=0.2)
        yield person


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (PHONE, "dark")])
async def test_what_is_kept_back_is_hidden_until_asked_for_on_every_screen(server, keeper, open_window, size, theme):
    window = await open_window(server.url, keeper, size=size, theme=theme)
    page = window.page
    await window.go("/console/media/review")
    await window.heading("Review")
    case = page.get_by_role("listitem", name="first.png")
    await expect(case).to_contain_text("case of first.png")
    await expect(case).to_contain_text("0 of 256 bits")
    await expect(case).to_contain_text("keeper.review")
    await expect(case.get_by_role("link", name="message: Garden, #general")).to_be_visible()
    await expect(page.get_by_role("img", name="Picture first.png")).to_have_count(0)
    await page.get_by_role("button", name="Show the picture first.png").click()
    picture = page.get_by_role("img", name="Picture first.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") > 0
    assert await grave_problems(page) == []
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(beyond) <= 0
    await page.get_by_role("button", name="Hide the picture first.png").click()
    await expect(picture).to_have_count(0)


async def test_cases_are_decided_by_keys_and_the_list_is_added_to(server, keeper, open_window):
    window = await open_window(server.url, keeper, size=WIDE)
    page = window.page
    await window.go("/console/media")
    await page.get_by_role("link", name="Review").click()
    await window.heading("Review")
    await page.get_by_role("button", name="Release third.png").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listitem", name="third.png")).to_have_count(0)
    await expect(page.get_by_role("button", name="Show the picture second.png")).to_be_focused()
    await page.get_by_role("button", name="Delete second.png").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("listitem", name="second.png")).to_have_count(0)
    await page.get_by_role("button", name="Decided").click()
    await expect(page.get_by_role("listitem", name="second.png")).to_contain_text("Deleted by keeper.review")
    await expect(page.get_by_role("listitem", name="third.png")).to_contain_text("Released by keeper.review")
    await page.get_by_label("Hashes to add").fill(f"{'d' * 64},pasted,review\nnonsense")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("1 added.")).to_be_visible()
    await expect(page.get_by_text("Line 2 was not taken")).to_be_visible()
    await page.get_by_label("Find by label or hash").fill("pasted")
    await page.get_by_role("button", name="Remove pasted from the list").click()
    await expect(page.get_by_text("No entry is called that.")).to_be_visible()
