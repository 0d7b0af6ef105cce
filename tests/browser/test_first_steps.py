"""Two strangers come in: one makes a guild, the other follows its link, and they talk."""

from __future__ import annotations

from playwright.async_api import Page, expect

from browsing.conversation import Conversation
from servers.person import PASSWORD, Person


async def _sign_up(page: Page, username: str, name: str) -> None:
    # The page for logging in has a field of that name too, and stays until this one is there.
    await expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
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


async def _invite(pair) -> str:
    made = await pair.ada.post(f"/channels/{pair.channel_id}/invites", {"max_age": 3600})
    return f"/invite/{made['code']}"


async def _newcomer(server, name: str) -> Person:
    async with await Person.register(server.url, name, display_name="Cleo") as person:
        return person


async def test_who_has_an_account_joins_by_a_link_after_logging_in(server, pair, open_window):
    await pair.ada.say(pair.channel_id, "The kettle is on.")
    cleo = await _newcomer(server, "cleo.away")
    window = await open_window(server.url)
    await window.go(await _invite(pair))
    await window.page.get_by_role("link", name="Log in").click()
    await window.page.get_by_label("Username").fill(cleo.user["username"])
    await window.page.get_by_label("Password").fill(PASSWORD)
    await window.page.get_by_role("button", name="Log in").click()
    await window.page.get_by_role("button", name="Join Lantern Society").click()
    here = await Conversation(window).opened()
    await expect(here.message("The kettle is on.")).to_be_visible()
    await here.say("I am in.")
    # The same link leads a member to the guild, and nobody joins twice.
    await window.go(await _invite(pair))
    await window.page.get_by_role("button", name="Open", exact=True).click()
    await expect(here.message("I am in.")).to_be_visible()
    await expect(here.messages.get_by_text("joined the guild.")).to_have_count(2)


async def test_who_is_in_no_guild_is_led_to_one_by_a_pasted_link(server, pair, open_window):
    window = await open_window(server.url, await _newcomer(server, "cleo.new"))
    await window.go("/")
    await window.heading("Welcome, Cleo")
    await window.page.get_by_role("button", name="Join by link").click()
    field = window.page.get_by_label("Invite link")
    await expect(field).to_be_focused()
    await field.fill("no link at all")
    await field.press("Enter")
    await expect(window.page.get_by_text("This does not look like an invite link.")).to_be_visible()
    await field.fill("NoSuchCode")
    await field.press("Enter")
    await expect(window.page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    await field.fill(server.url + await _invite(pair))
    await field.press("Enter")
    await Conversation(window).opened()
    await expect(window.page.get_by_role("heading", name="general", level=1)).to_be_visible()


async def test_an_empty_channel_says_where_to_begin(server, pair, open_window):
    (channel_id,) = await pair.more_channels("attic")
    windows = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    for window in windows:
        await window.go(f"/guilds/{pair.guild_id}/{channel_id}")
        await window.heading("attic")
    ada, bert = [await Conversation(window).opened() for window in windows]
    start = ada.messages.locator(".channel-start")
    await expect(start).to_contain_text("This is where #attic begins.")
    await start.get_by_role("button", name="Invite people").click()
    await expect(ada.page.get_by_role("dialog", name="Invite people")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await start.get_by_role("button", name="Set a topic").click()
    topic = ada.page.get_by_role("dialog").get_by_label("Topic")
    await topic.fill("What nobody needs any more")
    await ada.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await ada.page.keyboard.press("Escape")
    for side in (ada, bert):
        await expect(side.messages.locator(".channel-start")).to_contain_text("What nobody needs any more")
    # Who may not change the channel is not asked to.
    await expect(bert.page.get_by_role("button", name="Set a topic")).to_have_count(0)
    await bert.say("A lamp, first of all.")
    await expect(ada.message("A lamp, first of all.")).to_be_visible()
    await expect(start.get_by_role("button")).to_have_count(0)


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
