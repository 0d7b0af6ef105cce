"""What a second person sees and hears of what the first one posts: photo, GIF, HEIC, clip, voice message, film.

All tests share two windows: what they look at is posted anew by each, under a name of its own.
"""

from __future__ import annotations

import io
import json
import re

import pillow_heif
import pytest_asyncio
from PIL import Image, ImageDraw
from playwright.async_api import expect

from browsing.company import Talk, make_pair
from browsing.conversation import Conversation
from browsing.window import Window
from doubles.clips import clip
from servers.waiting import until

ENCODE_S = 60.0
PLAYING = "(element) => !element.paused && element.currentTime > 0"
FRAMES = "(element) => element.currentTime > 0.2 && element.getVideoPlaybackQuality().totalVideoFrames > 1"
PIXELS = """async (image) => {
    const bitmap = await createImageBitmap(await (await fetch(image.currentSrc)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    const at = (x, y) => [...canvas.getImageData(x, y, 1, 1).data].slice(0, 3);
    const [right, low] = [bitmap.width - 10, bitmap.height - 10];
    return {size: [bitmap.width, bitmap.height], first: at(10, 10), last: at(right, low)};
}"""
"""The size of what the browser was really sent, and its colours at two corners."""
RED, BLUE = (200, 30, 30), (30, 30, 200)


def _halves(width: int, height: int) -> Image.Image:
    """Return a picture that is red on the left and blue on the right."""
    picture = Image.new("RGB", (width, height), RED)
    ImageDraw.Draw(picture).rectangle((width // 2, 0, width, height), fill=BLUE)
    return picture


def _saved(picture: Image.Image, kind: str, **more: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, kind, **more)
    return made.getvalue()


def _photo_held_upright() -> bytes:
    """Return a JPEG as a phone writes it that was held upright: lying, with a note that it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _saved(_halves(400, 300), "JPEG", quality=95, exif=exif)


def _heic() -> bytes:
    made = io.BytesIO()
    pillow_heif.from_pillow(_halves(320, 200)).save(made, quality=90)
    return made.getvalue()


def _gif() -> bytes:
    frames = [Image.new("RGB", (120, 80), (80 * shade, 90, 200)) for shade in range(3)]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=120, loop=0)


def _alike(colour: list[int], other: tuple[int, int, int]) -> bool:
    return all(abs(one - two) < 40 for one, two in zip(colour, other, strict=True))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seen(server, browser):
    """Ada with a microphone that beeps, and Bert, who sees things move; a film of theirs waits in another channel."""
    pair = await make_pair(server.url)
    (cinema,) = await pair.more_channels("cinema")
    film = clip("mp4", "-c:v", "libx264", "-c:a", "aac", size="1280x720", seconds=6)
    await _post_film(pair.ada, cinema, film)
    talks, windows = [], []
    for person in (pair.ada, pair.bert):
        window = await Window.open(browser, server.url, permissions=("microphone",), motion=True)
        windows.append(window)
        await window.sign_in(person)
        await window.go(pair.channel)
        talks.append(await Conversation(window).opened())
    yield Talk(pair, *talks), cinema
    problems = [problem for window in windows for problem in await window.close()]
    await pair.close()
    assert problems == []


async def _post_film(person, channel_id, content):
    wanted = {"files": [{"id": "7", "filename": "film.mp4", "file_size": len(content)}]}
    (place,) = (await person.post(f"/channels/{channel_id}/attachments", wanted))["attachments"]
    assert (await person.http.put(place["upload_url"], content=content)).is_success
    named = {"id": "0", "filename": "film.mp4", "uploaded_filename": place["upload_filename"]}
    await person.say(channel_id, "Our film", attachments=[named])


@pytest_asyncio.fixture(loop_scope="session")
async def talk(seen):
    return seen[0]


@pytest_asyncio.fixture(loop_scope="session")
async def cinema(seen):
    return seen[1]


async def _posted(talk, name, content, type_):
    """Post a picture; return it as Bert sees it once it has loaded."""
    await talk.ada.paste(name, content, type_)
    await talk.ada.composer.press("Enter")
    image = talk.bert.messages.get_by_role("button", name=f"Open picture {name}").locator("img")
    await expect(image).to_have_js_property("complete", True)
    await expect(image).not_to_have_js_property("naturalWidth", 0)
    return image


async def test_a_photo_is_seen_the_right_way_up_and_pixel_for_pixel(talk):
    image = await _posted(talk, "portrait.jpg", _photo_held_upright(), "image/jpeg")
    shown = await image.evaluate(PIXELS)
    assert shown["size"] == [300, 400]
    assert _alike(shown["first"], RED)
    assert _alike(shown["last"], BLUE)
    box = await image.bounding_box()
    assert (box["width"], box["height"]) == (255, 340)


async def test_a_heic_of_a_phone_is_a_picture_to_everybody(talk):
    image = await _posted(talk, "phone.heic", _heic(), "image/heic")
    shown = await image.evaluate(PIXELS)
    assert shown["size"] == [320, 200]
    assert _alike(shown["first"], RED)
    assert _alike(shown["last"], BLUE)


async def test_a_gif_moves(talk):
    image = await _posted(talk, "dance.gif", _gif(), "image/gif")
    first = await image.screenshot()

    async def differs():
        return await image.screenshot() != first

    await until(differs, within_s=30, every_s=0.05)


async def test_a_clip_plays_with_frames_and_is_ruled_by_keys(talk):
    content = clip("mp4", "-c:v", "libx264", "-c:a", "aac", size="320x180", seconds=8)
    await talk.ada.paste("tour.mp4", content, "video/mp4")
    await talk.ada.composer.press("Enter")
    await talk.bert.messages.get_by_role("button", name="Play tour.mp4").click()
    player = talk.bert.messages.get_by_role("group", name="Video tour.mp4")
    video = player.locator("video")
    await talk.bert.page.wait_for_function(FRAMES, arg=await video.element_handle())
    await expect(video).to_have_js_property("videoWidth", 320)
    await player.press("k")
    await expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    await player.press("End")
    await expect(player.get_by_role("slider", name="Position")).to_have_value(re.compile("^8"))
    await player.press("m")
    await expect(player.get_by_role("button", name="Turn sound on")).to_be_visible()


async def test_a_voice_message_is_spoken_while_the_button_is_held_and_heard_by_the_other_side(talk):
    page = talk.ada.page
    await page.get_by_role("button", name="Record a voice message").hover()
    await page.mouse.down()
    recorder = page.get_by_role("group", name="Recording a voice message")
    await expect(recorder.get_by_text("Release to send")).to_be_visible()
    # The false microphone beeps once a second.
    await expect(recorder.get_by_role("timer")).to_have_text("0:01")
    await page.mouse.up()
    await expect(recorder).to_have_count(0)
    sound = talk.bert.messages.get_by_role("figure", name="Voice message")
    await expect(sound.locator(".sound-bars i").first).to_be_visible()
    heights = "(bars) => new Set(bars.map((bar) => bar.style.height)).size"
    assert await sound.locator(".sound-bars i").evaluate_all(heights) > 1
    await sound.get_by_role("button", name="Play Voice message").click()
    await talk.bert.page.wait_for_function(PLAYING, arg=await sound.locator("audio").element_handle())
    await sound.get_by_role("button", name=re.compile("^Speed: 1")).click()
    await expect(sound.locator("audio")).to_have_js_property("playbackRate", 1.5)


async def test_what_was_spoken_is_discarded_by_escape_and_by_sliding_away(talk):
    page = talk.ada.page
    before = await talk.bert.messages.get_by_role("figure").count()
    button = page.get_by_role("button", name="Record a voice message")
    recorder = page.get_by_role("group", name="Recording a voice message")
    await button.press("Enter")
    await expect(recorder.get_by_role("button", name="Send the voice message")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(recorder).to_have_count(0)
    await button.hover()
    await page.mouse.down()
    await expect(recorder.get_by_text("Release to send")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(recorder).to_have_count(0)
    await page.mouse.up()
    await button.hover()
    place = await button.bounding_box()
    await page.mouse.down()
    await expect(recorder.get_by_text("Release to send")).to_be_visible()
    await page.mouse.move(place["x"] - 200, place["y"])
    await expect(recorder.get_by_text("Release to discard")).to_be_visible()
    await page.mouse.up()
    await expect(recorder).to_have_count(0)
    await talk.ada.say("Never mind.")
    await talk.bert.sent("Never mind.")
    assert await talk.bert.messages.get_by_role("figure").count() == before


async def test_a_finger_that_slides_away_discards_too_and_does_not_scroll(talk):
    page = talk.ada.page
    touch = await page.context.new_cdp_session(page)
    place = await page.get_by_role("button", name="Record a voice message").bounding_box()
    finger = {"x": place["x"] + 10, "y": place["y"] + 10}
    recorder = page.get_by_role("group", name="Recording a voice message")
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    await expect(recorder.get_by_text("Release to send")).to_be_visible()
    for left in (20, 60, 150):
        moved = {**finger, "x": finger["x"] - left}
        await touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [moved]})
    await expect(recorder.get_by_text("Release to discard")).to_be_visible()
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await expect(recorder).to_have_count(0)
    await touch.detach()


async def test_what_a_picture_shows_is_read_out_and_may_be_said_better_later(talk):
    await talk.ada.paste("harbour.png", _saved(_halves(200, 120), "PNG"))
    await talk.ada.page.get_by_label("Description of harbour.png").fill("Two colours")
    await talk.ada.page.keyboard.press("Enter")
    await expect(talk.bert.messages.get_by_alt_text("Two colours")).to_be_visible()
    page = talk.ada.page
    await talk.ada.messages.get_by_role("button", name="Open picture Two colours").click()
    await page.get_by_role("button", name="Change the description").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Change the description")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.get_by_label("Description", exact=True).fill("A red half and a blue one")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_alt_text("A red half and a blue one")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(talk.bert.messages.get_by_alt_text("A red half and a blue one")).to_be_visible()


async def test_a_voice_message_is_spoken_by_keys_alone(talk):
    before = await talk.bert.messages.get_by_role("figure").count()
    await talk.ada.page.get_by_role("button", name="Record a voice message").press("Enter")
    recorder = talk.ada.page.get_by_role("group", name="Recording a voice message")
    await expect(recorder.get_by_role("timer")).to_have_text("0:01")
    await talk.ada.page.keyboard.press("Enter")
    await expect(talk.ada.composer).to_be_focused()
    await expect(talk.bert.messages.get_by_role("figure")).to_have_count(before + 1)


async def test_a_picture_is_looked_at_closely_by_keys_and_keeps_the_focus(talk):
    await _posted(talk, "wide.png", _saved(_halves(1800, 900), "PNG"), "image/png")
    page = talk.bert.page
    opener = talk.bert.messages.get_by_role("button", name="Open picture wide.png")
    await opener.press("Enter")
    viewer = page.get_by_role("dialog", name="wide.png")
    image = viewer.locator("img")
    await expect(image).to_have_js_property("clientWidth", 1248)
    await page.keyboard.press("+")
    await expect(image).to_have_js_property("clientWidth", 1800)
    await page.keyboard.press("-")
    await expect(image).to_have_js_property("clientWidth", 1248)
    for _ in range(5):
        await page.keyboard.press("Tab")
        assert await viewer.evaluate("(dialog) => dialog.contains(document.activeElement)")
    async with page.expect_download() as download:
        await viewer.get_by_role("link", name="Download wide.png").click()
    kept = await (await download.value).path()
    assert Image.open(io.BytesIO(kept.read_bytes())).size == (1800, 900)
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(opener).to_be_focused()


async def _without_stream(route):
    """Answer as a server that is still at work on the qualities of a film."""
    answer = await route.fetch()
    page = json.loads(await answer.text())
    for message in page:
        for file in message["attachments"]:
            file["media"].pop("hls")
    await route.fulfill(response=answer, json=page)


async def test_qualities_of_a_film_come_while_it_is_watched_and_are_chosen(talk, cinema):
    ada, page = talk.pair.ada, talk.bert.page

    async def is_made():
        (message,) = await ada.get(f"/channels/{cinema}/messages")
        return "hls" in message["attachments"][0]["media"]

    await until(is_made, within_s=ENCODE_S, every_s=0.1)
    await page.route("**/messages?*", _without_stream)
    await page.get_by_role("link", name="cinema").click()
    poster = talk.bert.messages.get_by_role("button", name="Play film.mp4")
    await expect(poster.locator("img")).not_to_have_js_property("naturalWidth", 0)
    await poster.click()
    player = talk.bert.messages.get_by_role("group", name="Video film.mp4")
    video = await player.locator("video").element_handle()
    await page.wait_for_function(FRAMES, arg=video)
    await expect(player.get_by_label("Quality")).to_have_count(0)
    (message,) = await ada.get(f"/channels/{cinema}/messages")
    await ada.patch(f"/channels/{cinema}/messages/{message['id']}", {"content": "Our film, at last"})
    qualities = [re.compile("Auto"), "720p", "480p", "360p"]
    await expect(player.get_by_label("Quality").locator("option")).to_have_text(qualities)
    await page.wait_for_function("(element) => element.currentTime > 0.2 && element.src.startsWith('blob:')", arg=video)
    await player.press("k")
    for height in (360, 720):
        await player.get_by_label("Quality").select_option(f"{height}p")
        await expect(player.locator("video")).to_have_js_property("videoHeight", height)
    bar = player.get_by_role("slider", name="Position")
    await bar.hover()
    await expect(player.locator(".seek-picture")).to_be_visible()
    await player.get_by_label("Quality").hover()
    await expect(player.locator(".seek-picture")).to_have_count(0)
    await bar.press("ArrowLeft")
    await expect(player.locator(".seek-picture")).to_be_visible()


async def test_who_refused_the_microphone_is_told_what_to_do(talk):
    page = talk.ada.page
    await page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') } }"
    )
    await page.get_by_role("button", name="Record a voice message").press("Enter")
    await expect(page.get_by_text("The microphone cannot be used. Allow it in your browser")).to_be_visible()
    await expect(page.get_by_role("group", name="Recording a voice message")).to_have_count(0)
    await page.evaluate("() => { delete navigator.mediaDevices.getUserMedia }")
