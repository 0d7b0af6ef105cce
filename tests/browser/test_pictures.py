"""Pictures on their way: pasted, dropped, watched while they travel, looked at by the other side."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import expect

from browsing.network import UNLIMITED, slow_down
from browsing.picture import gradient, noise
from servers.person import PASSWORD

SLOW_BYTES_PER_S = 400_000
STANDING_BYTES_PER_S = 1_000
"""So little that a picture is still on its way when it is stopped, however busy the machine."""


async def test_a_pasted_picture_is_seen_on_the_other_side_and_opens_large(talk):
    await talk.ada.paste("dusk.png", gradient())
    tray = talk.ada.page.get_by_role("list", name="Files to send")
    await expect(tray.get_by_text("dusk.png")).to_be_visible()
    await talk.ada.composer.fill("Look at this sky")
    await talk.ada.composer.press("Enter")
    await expect(tray).to_have_count(0)
    picture = talk.bert.message("Look at this sky").get_by_role("button", name="Open picture dusk.png")
    await expect(picture.locator("img")).to_have_js_property("naturalWidth", 320)
    await picture.click()
    viewer = talk.bert.page.get_by_role("dialog", name="dusk.png")
    await expect(viewer.locator("img")).to_have_js_property("naturalWidth", 320)
    await talk.bert.page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(picture).to_be_focused()


async def test_dropped_pictures_travel_together_and_are_leafed_through(talk):
    await talk.ada.drag("one.png", gradient())
    await expect(talk.ada.page.get_by_text("Drop files to add them")).to_be_visible()
    await talk.ada.drop("one.png", gradient())
    await expect(talk.ada.page.get_by_text("Drop files to add them")).to_have_count(0)
    await talk.ada.drop("two.png", gradient(200, 320))
    await expect(talk.ada.composer).to_be_focused()
    await talk.ada.composer.press("Enter")
    await talk.bert.messages.get_by_role("button", name="Open picture one.png").click()
    page = talk.bert.page
    await expect(page.get_by_role("dialog", name="one.png")).to_contain_text("1 of 2")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("dialog", name="two.png")).to_contain_text("2 of 2")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("dialog", name="one.png")).to_be_visible()


async def test_the_way_of_a_large_file_is_shown_while_it_travels(talk):
    await slow_down(talk.ada.page, SLOW_BYTES_PER_S)
    await talk.ada.paste("storm.png", noise(800, 600))
    await talk.ada.composer.press("Enter")
    progress = talk.ada.page.get_by_role("progressbar", name="Upload")
    await expect(progress).to_be_visible()
    await expect(talk.ada.page.get_by_text("of 1.4 MB")).to_be_visible()
    await expect(progress).not_to_have_js_property("position", 0)
    await slow_down(talk.ada.page, UNLIMITED)
    await expect(progress).to_have_count(0)
    await expect(talk.ada.messages.get_by_role("button", name="Open picture storm.png")).to_be_visible()
    await expect(talk.bert.messages.get_by_role("button", name="Open picture storm.png")).to_be_visible()


async def test_an_upload_can_be_stopped(talk):
    await slow_down(talk.ada.page, STANDING_BYTES_PER_S)
    await talk.ada.paste("mistake.png", noise(800, 600))
    await talk.ada.composer.fill("Wrong picture")
    await talk.ada.composer.press("Enter")
    await talk.ada.message("Wrong picture").get_by_role("button", name="Cancel").click()
    await expect(talk.ada.message("Wrong picture")).to_have_count(0)
    await slow_down(talk.ada.page, UNLIMITED)
    await talk.ada.say("Never mind.")
    await talk.bert.sent("Never mind.")
    await expect(talk.bert.message("Wrong picture")).to_have_count(0)


async def test_nothing_jumps_when_a_picture_arrives(talk):
    arrived = asyncio.Event()

    async def hold(route):
        await arrived.wait()
        await route.continue_()

    await talk.bert.page.route("**/media/files/**", hold)
    await talk.ada.paste("dusk.png", gradient())
    await talk.ada.composer.press("Enter")
    picture = talk.bert.messages.get_by_role("button", name="Open picture dusk.png")
    await expect(picture).to_be_visible()
    before = await picture.bounding_box()
    arrived.set()
    await expect(picture.locator("img")).to_have_js_property("naturalWidth", 320)
    assert await picture.bounding_box() == before
    assert (before["width"], before["height"]) == (320, 200)


async def test_a_file_that_is_too_large_is_refused_beside_the_composer_and_the_text_stays(talk):
    await talk.ada.composer.fill("With a film")
    limit = (await talk.pair.ada.get("/instance"))["limits"]["upload_bytes"]
    await talk.ada.composer.evaluate(
        """(element, size) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(size)], 'film.mov', {type: 'video/quicktime'}));
            element.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        limit + 1,
    )
    await expect(talk.ada.page.get_by_text("film.mov is larger than")).to_be_visible()
    await expect(talk.ada.composer).to_have_value("With a film")
    await expect(talk.ada.page.get_by_role("list", name="Files to send")).to_have_count(0)


async def test_other_files_are_kept_to_be_downloaded(talk):
    await talk.ada.paste("minutes.txt", b"All agreed.", "text/plain")
    await talk.ada.composer.press("Enter")
    async with talk.bert.page.expect_download() as download:
        await talk.bert.messages.get_by_role("link", name="Download minutes.txt").click()
    path = await (await download.value).path()
    assert path.read_bytes() == b"All agreed."


async def test_a_picture_not_yet_sent_is_not_left_to_the_next_person(talk):
    await talk.ada.paste("private.png", gradient())
    await expect(talk.ada.page.get_by_role("list", name="Files to send")).to_be_visible()
    await talk.ada.page.keyboard.press("Control+k")
    await expect(talk.ada.page.get_by_role("combobox")).to_be_focused()
    for session in await talk.pair.ada.get("/users/@me/sessions"):
        if not session["current"]:
            await talk.pair.ada.delete(f"/users/@me/sessions/{session['id']}")
    await talk.ada.page.get_by_label("Username").fill(talk.pair.bert.user["username"])
    await talk.ada.page.get_by_label("Password").fill(PASSWORD)
    await talk.ada.page.get_by_role("button", name="Log in").click()
    await talk.ada.opened()
    await expect(talk.ada.page).to_have_url(re.compile(talk.pair.channel))
    await expect(talk.ada.page.get_by_role("combobox")).to_have_count(0)
    await expect(talk.ada.page.get_by_role("list", name="Files to send")).to_have_count(0)
