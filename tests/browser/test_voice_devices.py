"""Microphones and cameras in calls: keys that open them, plugs that are pulled, and browsers that refuse them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import async_playwright, expect

from browsing.call import Call
from browsing.chromium import ARGUMENTS, executable
from browsing.window import PHONE, Window

UNPLUG = """
const tracks = [];
let gone = () => false;
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  if (gone(wish)) throw new DOMException('There is no such device.', 'NotFoundError');
  const stream = await open(wish);
  tracks.push(...stream.getTracks());
  return stream;
};
// Real devices end their track by themselves; a page that ends it is not told.
window.unplug = (kind, left) => {
  gone = (wish) => !!wish[kind] && (!left || !!wish[kind].deviceId);
  for (const track of tracks.filter((each) => each.kind === kind && each.readyState === 'live')) {
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }
};
window.plugIn = () => {
  gone = () => false;
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
};
"""


async def _choose_key(call: Call, key: str) -> None:
    await call.window.go("/settings/voice")
    await call.page.get_by_label("While you hold a key").check()
    await call.page.get_by_role("button", name="Press to choose a key").click()
    await call.page.keyboard.press(key)
    await expect(call.page.get_by_role("button", name=key.removeprefix("Key"), exact=True)).to_be_visible()


async def test_a_held_key_opens_the_microphone_also_while_one_types(hall, open_window):
    ada = await hall.come(open_window, 0)
    await _choose_key(ada, "F8")
    await ada.join(hall.guild_id, hall.channel_id)
    bert = await hall.enter(open_window, 1)
    talk = ada.page.get_by_role("button", name="Hold to talk F8")
    await expect(talk).to_be_visible()
    await ada.hears_sound()
    await bert.hears_silence()
    await ada.page.keyboard.down("F8")
    await expect(ada.page.get_by_role("button", name="Others hear you F8", pressed=True)).to_be_visible()
    await bert.hears_sound()
    await ada.page.keyboard.up("F8")
    await expect(talk).to_be_visible()
    await bert.hears_silence()
    await ada.page.get_by_role("button", name="Show chat").click()
    message = ada.page.get_by_role("textbox", name="Message #Tea room")
    await message.focus()
    await ada.page.keyboard.down("F8")
    await bert.hears_sound()
    await ada.page.keyboard.up("F8")
    await bert.hears_silence()


async def test_a_key_that_writes_writes_while_one_types_and_else_talks(hall, open_window):
    ada = await hall.come(open_window, 0)
    await _choose_key(ada, "KeyV")
    await ada.join(hall.guild_id, hall.channel_id)
    bert = await hall.enter(open_window, 1)
    await ada.page.get_by_role("button", name="Show chat").click()
    message = ada.page.get_by_role("textbox", name="Message #Tea room")
    await message.focus()
    await ada.page.keyboard.down("v")
    await expect(message).to_have_value("v")
    await expect(ada.page.get_by_role("button", name="Hold to talk V")).to_be_visible()
    await ada.page.keyboard.up("v")
    await ada.control("Deafen").focus()
    await ada.page.keyboard.down("v")
    await bert.hears_sound()
    await ada.page.keyboard.up("v")
    await bert.hears_silence()
    await expect(message).to_have_value("v")


async def test_a_phone_has_no_keys_and_holds_a_button(hall, open_window):
    window = await open_window(hall.url, hall.people[0], size=PHONE)
    ada = await Call(window).watch()
    prefs = """localStorage.setItem('hubbub.voice', JSON.stringify({ mode: 'push' }))"""
    await window.page.add_init_script(prefs)
    await window.go(hall.path)
    await window.page.get_by_role("button", name="Join voice", exact=True).click()
    bert = await hall.enter(open_window, 1)
    talk = window.page.get_by_role("button", name="Hold to talk")
    await talk.hover()
    await window.page.mouse.down()
    await bert.hears_sound()
    await window.page.mouse.up()
    await bert.hears_silence()
    await talk.focus()
    await window.page.keyboard.down("Space")
    await bert.hears_sound()
    await window.page.keyboard.up("Space")
    await bert.hears_silence()
    await ada.press("Mute")
    await expect(window.page.get_by_role("button", name="You are muted")).to_be_disabled()


async def test_when_the_microphone_is_unplugged_another_one_takes_over(hall, open_whole_window):
    ada = await hall.come(open_whole_window, 0)
    await ada.page.add_init_script(UNPLUG)
    await ada.window.context.grant_permissions(["microphone"])
    await ada.window.go("/settings/voice")
    await ada.page.get_by_label("Microphone", exact=True).select_option("Fake Audio Input 2")
    await ada.join(hall.guild_id, hall.channel_id)
    bert = await hall.enter(open_whole_window, 1)
    await bert.hears_sound()
    await ada.page.evaluate("unplug('audio', true)")
    await expect(ada.page.get_by_text(re.compile(r"Your microphone is now .*Default"))).to_be_visible()
    await bert.hears_sound()
    await ada.connected()


async def test_without_any_microphone_one_goes_on_listening_until_there_is_one(hall, open_window):
    ada = await hall.come(open_window, 0)
    await ada.page.add_init_script(UNPLUG)
    await ada.join(hall.guild_id, hall.channel_id)
    bert = await hall.enter(open_window, 1)
    await bert.hears_sound()
    await ada.page.evaluate("unplug('audio', false)")
    told = ada.panel.get_by_text("Others cannot hear you: no microphone was found. Plug one in.")
    await expect(told).to_be_visible()
    await ada.hears_sound()
    await ada.page.evaluate("plugIn()")
    await expect(told).to_have_count(0)
    await bert.hears_sound()


async def test_an_unplugged_camera_is_told_and_the_call_goes_on(hall, open_window):
    ada = await hall.come(open_window, 0)
    await ada.page.add_init_script(UNPLUG)
    await ada.join(hall.guild_id, hall.channel_id)
    bert = await hall.enter(open_window, 1)
    await ada.press("Turn camera on")
    await bert.sees(1)
    await ada.page.evaluate("unplug('video', false)")
    await expect(ada.page.get_by_text("Your camera is gone, so others see you no longer.")).to_be_visible()
    await expect(ada.control("Turn camera on")).to_be_enabled()
    await expect(bert.page.locator("video")).to_have_count(0)
    await ada.press("Turn camera on")
    await expect(ada.page.get_by_text("No camera was found. Plug one in and try again.")).to_be_visible()
    await bert.hears_sound()


async def test_who_lets_nobody_use_the_microphone_still_listens(hall, open_window):
    ada = await hall.enter(open_window, 0)
    # A browser of its own: this one asks before it gives a microphone, and without a screen nobody answers.
    arguments = [each for each in ARGUMENTS if each != "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        asking = await playwright.chromium.launch(executable_path=executable(whole=True), args=arguments)
        window = await Window.open(asking, hall.url, permissions=())
        await window.sign_in(hall.people[1])
        bert = await (await Call(window).watch()).join(hall.guild_id, hall.channel_id)
        told = bert.panel.get_by_text("your browser does not let this page use the microphone")
        await expect(told).to_be_visible()
        await bert.hears_sound()
        await expect(ada.person("Bert")).to_be_visible()
        await bert.press("Turn camera on")
        await expect(window.page.get_by_text("Your browser does not let this page use the camera.")).to_be_visible()
        assert await window.close() == []
        await asking.close()


@pytest.mark.parametrize("ending", ["Unmute", "Dismiss"])
async def test_who_talks_while_muted_is_told_so(hall, open_window, ending):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await bert.hears_sound()
    await ada.press("Mute")
    note = ada.page.get_by_role("status").filter(has_text="You are muted. Nobody hears you.")
    await expect(note.get_by_text("You are muted. Nobody hears you.")).to_be_visible()
    await bert.hears_silence()
    await note.get_by_role("button", name=ending).press("Enter")
    await expect(note).to_have_count(0)
    if ending == "Unmute":
        await bert.hears_sound()
        await expect(ada.control("Mute")).to_be_focused()
    else:
        await expect(ada.control("Unmute")).to_be_focused()
