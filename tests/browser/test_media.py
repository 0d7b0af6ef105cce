"""How pictures come: their likeness first, in the size that is needed, moving only where that is wanted."""

from __future__ import annotations

import asyncio
import io
import re

from PIL import Image
from playwright.async_api import expect

from browsing.picture import gradient


def _photo() -> bytes:
    """Return a JPEG of the size of a telephone's small photos."""
    made = io.BytesIO()
    Image.open(io.BytesIO(gradient(1600, 1200))).save(made, "JPEG")
    return made.getvalue()


def _gif() -> bytes:
    frames = [Image.new("RGB", (240, 160), (60 * shade, 90, 200)) for shade in range(4)]
    made = io.BytesIO()
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    return made.getvalue()


async def test_a_photo_has_its_likeness_in_its_place_before_it_arrives(talk):
    arrived = asyncio.Event()

    async def hold(route):
        await arrived.wait()
        await route.continue_()

    await talk.bert.page.route("**/media/files/**", hold)
    await talk.ada.paste("dusk.jpg", _photo(), "image/jpeg")
    await talk.ada.composer.press("Enter")
    picture = talk.bert.messages.get_by_role("button", name="Open picture dusk.jpg")
    await expect(picture).to_have_css("background-image", re.compile("^url.*data:image/png"))
    before = await picture.bounding_box()
    arrived.set()
    await expect(picture).to_have_css("background-image", "none")
    assert await picture.locator("img").evaluate("(image) => image.naturalWidth") > 0
    assert await picture.bounding_box() == before


async def test_a_small_screen_is_not_sent_the_whole_photo(talk):
    await talk.ada.paste("dusk.jpg", _photo(), "image/jpeg")
    await talk.ada.composer.press("Enter")
    image = talk.bert.messages.get_by_role("button", name="Open picture dusk.jpg").locator("img")
    await expect(image).to_have_js_property("complete", True)
    assert "width=640" in await image.evaluate("(image) => image.currentSrc")
    types = "(image) => fetch(image.currentSrc).then((answer) => answer.headers.get('content-type'))"
    assert await image.evaluate(types) in {"image/avif", "image/webp", "image/jpeg"}


async def test_an_address_that_is_over_is_asked_for_anew(talk):
    async def expire(route):
        answer = await route.fetch()
        await route.fulfill(response=answer, body=re.sub("[?]ex=[0-9a-f]+", "?ex=1", await answer.text()))

    await talk.ada.paste("dusk.png", gradient())
    await talk.ada.say("An evening")
    await talk.bert.sent("An evening")
    await talk.bert.page.route("**/messages?*", expire)
    async with talk.bert.page.expect_response("**/attachments/refresh-urls") as asked:
        await talk.bert.page.reload()
    assert (await asked.value).ok
    picture = talk.bert.messages.get_by_role("button", name="Open picture dusk.png")
    await expect(picture.locator("img")).to_have_js_property("naturalWidth", 320)


async def test_what_moves_stands_still_for_who_asked_for_no_motion(talk):
    await talk.ada.paste("dance.gif", _gif(), "image/gif")
    await talk.ada.composer.press("Enter")
    image = talk.bert.messages.get_by_role("button", name="Open picture dance.gif").locator("img")
    await expect(image).to_have_attribute("src", re.compile("format=avif"))
    motion = talk.bert.messages.get_by_role("button", name="Play dance.gif")
    await motion.click()
    await expect(motion).to_have_attribute("aria-pressed", "true")
    await expect(image).not_to_have_attribute("src", re.compile("format="))
    await expect(image).to_have_js_property("complete", True)


async def test_a_hidden_picture_is_seen_once_it_is_asked_for(talk):
    await talk.ada.paste("ending.png", gradient())
    await talk.ada.page.get_by_role("button", name="Hide ending.png as a spoiler").click()
    await talk.ada.composer.press("Enter")
    cover = talk.bert.messages.get_by_role("button", name="Hidden text: press to show")
    await cover.click()
    await expect(cover).to_have_count(0)
    await expect(talk.bert.messages.get_by_role("button", name="Open picture ending.png")).to_be_visible()
