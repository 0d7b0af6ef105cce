"""What people set about themselves, and what others see of it."""

from __future__ import annotations

from playwright.async_api import Page, expect

from browsing.picture import gradient
from browsing.window import Window
from servers.person import PASSWORD

NEW_PASSWORD = "another horse, another staple"


async def _saved(page: Page) -> None:
    """Press Save and wait until nothing is left to save."""
    bar = page.get_by_role("status").filter(has_text="You have changes that are not saved.")
    await bar.get_by_role("button", name="Save").click()
    await expect(bar).to_have_count(0)


async def _title(window: Window, title: str) -> None:
    await expect(window.page).to_have_title(title)


async def test_a_profile_reaches_the_others(server, pair, open_window):
    bert = await open_window(server.url, pair.bert)
    await bert.go(pair.channel)
    members = bert.page.get_by_role("complementary", name="Members")
    await expect(members.get_by_text("Ada", exact=True)).to_be_visible()

    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/profile")
    await ada.page.get_by_label("Display name").fill("Ada of the Lane")
    await ada.page.get_by_label("About you").fill("Keeps the **lanterns** lit.")
    picture = {"name": "me.png", "mimeType": "image/png", "buffer": gradient()}
    await ada.page.get_by_label("Picture", exact=True).last.set_input_files([picture])
    preview = ada.page.get_by_role("complementary", name="Preview")
    await expect(preview.get_by_text("Ada of the Lane")).to_be_visible()
    await expect(preview.locator("img")).to_be_visible()
    await _saved(ada.page)

    row = members.get_by_role("button", name="Ada of the Lane")
    await expect(row.locator("img")).to_have_js_property("complete", value=True)
    await row.click()
    card = bert.page.get_by_role("dialog", name="Profile of Ada of the Lane")
    await expect(card.locator("strong", has_text="lanterns")).to_be_visible()
    await expect(card.get_by_role("button", name="Message")).to_be_visible()


async def test_changes_are_not_lost_by_a_wrong_press(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/profile")
    await ada.page.get_by_label("Display name").fill("Somebody")
    await ada.page.get_by_role("button", name="Appearance").click()
    asked = ada.page.get_by_role("dialog", name="Leave without saving?")
    await asked.get_by_role("button", name="Cancel").click()
    await expect(ada.page.get_by_label("Display name")).to_have_value("Somebody")
    await ada.page.get_by_role("button", name="Reset").click()
    await expect(ada.page.get_by_label("Display name")).to_have_value("Ada")
    await ada.page.get_by_role("button", name="Appearance").click()
    await ada.heading("Appearance")


async def test_colours_and_language_show_at_once_and_follow_the_person(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/appearance")
    page = ada.page
    root = page.locator(":root")
    await expect(root).to_have_attribute("data-theme", "light")
    light = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    async with page.expect_response(lambda answer: answer.url.endswith("/settings") and answer.ok):
        await page.get_by_role("radio", name="Dark").check(force=True)
    await expect(root).to_have_attribute("data-theme", "dark")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    async with page.expect_response(lambda answer: answer.url.endswith("/settings") and answer.ok):
        await page.get_by_role("radio", name="Compact").check(force=True)
    await expect(root).to_have_attribute("data-density", "compact")
    async with page.expect_response(lambda answer: answer.url.endswith("/settings") and answer.ok):
        await page.get_by_label("Language").select_option("Deutsch")
    await ada.heading("Darstellung")
    await expect(root).to_have_attribute("lang", "de")

    await page.reload()
    await ada.heading("Darstellung")
    await expect(root).to_have_attribute("data-theme", "dark")
    elsewhere = await open_window(server.url, pair.ada)
    await elsewhere.go(pair.channel)
    await expect(elsewhere.page.locator(":root")).to_have_attribute("data-theme", "dark")
    await expect(elsewhere.page.get_by_role("log", name="Nachrichten")).to_be_visible()


async def test_the_window_title_counts_only_when_it_may(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/notifications")
    await ada.heading("Notifications")
    channel = await pair.bert.post("/users/@me/channels", {"recipient_id": pair.ada.id})
    await pair.bert.say(channel["id"], "Are you there?")
    await _title(ada, "(1) Hubbub")
    await ada.page.get_by_role("switch", name="Count in the window title").click()
    await _title(ada, "Hubbub")
    await ada.page.get_by_role("switch", name="Count in the window title").click()
    await _title(ada, "(1) Hubbub")


async def test_a_muted_guild_does_not_show_as_unread(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/notifications")
    rail = ada.page.get_by_role("navigation", name="Guilds")
    await pair.bert.say(pair.channel_id, "News!")
    await expect(rail.get_by_role("link", name="Lantern Society, unread")).to_be_visible()
    await ada.page.get_by_role("switch", name="Lantern Society").click()
    await expect(ada.page.get_by_text("Muted", exact=True)).to_be_visible()
    await expect(rail.get_by_role("link", name="Lantern Society", exact=True)).to_be_visible()


async def test_notifications_of_the_browser_are_asked_for_and_kept(server, pair, open_whole_window):
    allowed = ("clipboard-read", "clipboard-write", "notifications")
    ada = await open_whole_window(server.url, pair.ada, permissions=allowed)
    await ada.go("/settings/notifications")
    switch = ada.page.get_by_role("switch", name="Notifications on this device")
    await expect(switch).not_to_be_checked()
    async with ada.page.expect_response(lambda answer: answer.url.endswith("/settings") and answer.ok):
        await switch.click()
    await ada.page.reload()
    await expect(switch).to_be_checked()


async def test_another_session_is_ended_from_here(server, pair, open_window):
    lost = await open_window(server.url)
    await lost.go("/login")
    await lost.page.get_by_label("Username or email").fill(pair.ada.user["username"])
    await lost.page.get_by_label("Password").fill(PASSWORD)
    await lost.page.get_by_role("button", name="Log in").click()
    await expect(lost.page.get_by_role("navigation", name="Guilds")).to_be_visible()
    here = await open_window(server.url, pair.ada)
    await here.go("/settings/sessions")
    rows = here.page.get_by_role("list").filter(has_text="This browser").get_by_role("listitem")
    await expect(rows.first).to_contain_text("This browser")
    await rows.get_by_role("button", name="End Chrome on").click()
    await here.page.get_by_role("dialog", name="End this session?").get_by_role("button", name="End").click()
    await expect(rows.filter(has_text="Chrome on")).to_have_count(0)
    await lost.heading("Welcome back")


async def test_the_password_changes_only_with_the_old_one(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/account")
    form = ada.page.locator("form").filter(has=ada.page.get_by_role("heading", name="Change password"))
    await form.get_by_label("Current password").fill("not this one")
    await form.get_by_label("New password").fill(NEW_PASSWORD)
    await form.get_by_role("button", name="Change password").click()
    await expect(form.get_by_label("Current password")).to_have_attribute("aria-invalid", "true")
    await form.get_by_label("Current password").fill(PASSWORD)
    await form.get_by_role("button", name="Change password").click()
    await expect(ada.page.get_by_text("Your password is set.")).to_be_visible()

    await ada.page.get_by_role("button", name="Log out").click()
    asked = ada.page.get_by_role("dialog", name="Log out?")
    await asked.get_by_role("button", name="Log out").click()
    await ada.heading("Welcome back")
    await ada.page.get_by_label("Username or email").fill(pair.ada.user["username"])
    await ada.page.get_by_label("Password").fill(NEW_PASSWORD)
    await ada.page.get_by_role("button", name="Log in").click()
    await expect(ada.page.get_by_role("navigation", name="Guilds")).to_be_visible()


async def test_a_new_username_needs_the_password(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go("/settings/account")
    wanted = f"{pair.ada.user['username']}.new"
    await ada.page.get_by_label("Username").fill(wanted)
    form = ada.page.locator("form").filter(has=ada.page.get_by_role("heading", name="Name and email"))
    await form.get_by_label("Current password").fill(PASSWORD)
    await form.get_by_role("button", name="Save").click()
    await expect(ada.page.get_by_text("Your account is changed.")).to_be_visible()
    assert (await pair.bert.get(f"/users/{pair.ada.id}"))["username"] == wanted
