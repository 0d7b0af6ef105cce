"""Two strangers come in: one makes a guild, the other follows its link, and they talk."""

from __future__ import annotations

from playwright.async_api import Page, expect

from browsing.conversation import Conversation


async def _sign_up(page: Page, username: str, name: str) -> None:
    await page.get_by_label("Username").fill(username)
    await page.get_by_label("Display name").fill(name)
    await page.get_by_label("Password").fill("correct horse battery staple")
    await page.get_by_role("button", name="Create account").click()


async def test_signing_up_making_a_guild_and_inviting_by_link(server, open_window):
    host = await open_window(server.url)
    await host.go("/")
    await host.page.get_by_role("link", name="Create an account").click()
    await _sign_up(host.page, "hostess", "Hostess")
    await host.page.get_by_role("button", name="Create or join a guild").click()
    await host.page.get_by_label("Guild name").fill("Night Garden")
    await host.page.get_by_role("button", name="Create guild").click()
    there = await Conversation(host).opened()
    await there.say("The gate is open.")

    await host.page.get_by_role("button", name="Night Garden: guild menu").click()
    await host.page.get_by_role("menuitem", name="Invite people").click()
    link = host.page.get_by_label("Invite link")
    await expect(host.page.get_by_role("button", name="Copy")).to_be_enabled()
    await host.page.get_by_role("button", name="Copy").click()
    copied = await host.page.evaluate("navigator.clipboard.readText()")
    assert copied == await link.input_value()
    await host.page.keyboard.press("Escape")

    guest = await open_window(server.url)
    await guest.go(copied.removeprefix(server.url))
    await guest.heading("Night Garden")
    await guest.page.get_by_role("button", name="Create an account to join").click()
    await _sign_up(guest.page, "guestling", "Guest")
    here = await Conversation(guest).opened()
    await expect(here.message("The gate is open.")).to_be_visible()
    await here.say("Thank you for the link!")
    await expect(there.message("Thank you for the link!")).to_be_visible()
    await expect(host.page.get_by_role("complementary", name="Members").get_by_text("Guest")).to_be_visible()


async def test_a_refused_sign_up_says_why_beside_the_field(server, pair, open_window):
    window = await open_window(server.url)
    await window.go("/register")
    await _sign_up(window.page, pair.ada.user["username"], "Somebody else")
    field = window.page.get_by_label("Username")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(window.page.get_by_text("This name is taken. Choose another.")).to_be_visible()
    await expect(window.page.get_by_label("Display name")).to_have_value("Somebody else")


async def test_a_stale_invite_says_what_to_do(server, open_window):
    window = await open_window(server.url)
    await window.go("/invite/NoSuchCode")
    await window.heading("This invite does not work")
    await expect(window.page.get_by_text("Ask for a new link.")).to_be_visible()
