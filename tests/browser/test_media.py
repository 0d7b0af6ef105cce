"""What members see and hear of each other's files: photos, what moves, clips, voice messages."""

from __future__ import annotations

import asyncio
import io
import re

import pytest_asyncio
from PIL import Image
from playwright.async_api import expect

from browsing.conversation import Conversation
from browsing.picture import gradient
from doubles.clips import clip

PLAYING = "(element) => !element.paused && element.currentTime > 0"


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


@pytest_asyncio.fixture(loop_scope="session")
async def speaker(server, pair, open_window):
    """Ada with a microphone, which beeps."""
    permissions = ("clipboard-read", "clipboard-write", "microphone")
    window = await open_window(server.url, pair.ada, permissions=permissions)
    await window.go(pair.channel)
    return await Conversation(window).opened()


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


async def test_a_clip_is_seen_by_the_other_side_and_ruled_by_keys(talk):
    content = clip("mp4", "-c:v", "libx264", "-c:a", "aac", size="320x180", seconds=8)
    await talk.ada.paste("tour.mp4", content, "video/mp4")
    await talk.ada.composer.fill("Watch this")
    await talk.ada.composer.press("Enter")
    message = talk.bert.message("Watch this")
    await message.get_by_role("button", name="Play tour.mp4").click()
    player = message.get_by_role("group", name="Video tour.mp4")
    video = player.locator("video")
    await expect(player.get_by_role("button", name="Pause")).to_be_visible()
    await talk.bert.page.wait_for_function(PLAYING, arg=await video.element_handle())
    await player.press("k")
    await expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    await player.press("End")
    await expect(player.get_by_role("slider", name="Position")).to_have_value(re.compile("^8"))
    await player.press("m")
    await expect(player.get_by_role("button", name="Turn sound on")).to_be_visible()


async def test_a_voice_message_is_recorded_and_heard_by_the_other_side(speaker, talk):
    await speaker.page.get_by_role("button", name="Record a voice message").press("Enter")
    recorder = speaker.page.get_by_role("group", name="Recording a voice message")
    await expect(recorder.get_by_role("timer")).to_have_text("0:01")
    await recorder.get_by_role("button", name="Send the voice message").click()
    sound = talk.bert.messages.get_by_role("figure", name="Voice message")
    await expect(sound).to_be_visible()
    await sound.get_by_role("button", name="Play Voice message").click()
    await talk.bert.page.wait_for_function(PLAYING, arg=await sound.locator("audio").element_handle())
    await sound.get_by_role("button", name=re.compile("^Speed: 1")).click()
    await expect(sound.locator("audio")).to_have_js_property("playbackRate", 1.5)


async def test_a_recording_that_is_discarded_is_sent_to_nobody(speaker, talk):
    await speaker.page.get_by_role("button", name="Record a voice message").press("Enter")
    recorder = speaker.page.get_by_role("group", name="Recording a voice message")
    await expect(recorder.get_by_role("button", name="Send the voice message")).to_be_focused()
    await speaker.page.keyboard.press("Escape")
    await expect(recorder).to_have_count(0)
    await speaker.say("Never mind.")
    await talk.bert.sent("Never mind.")
    await expect(talk.bert.messages.get_by_role("figure")).to_have_count(0)
