"""Every screen, for those who see little, read by ear, use no pointer or hold a small phone.

Each screen is audited by axe on a wide screen in the light theme and on a phone in the dark one: colours do not depend
on the width, nor places on the theme. On the phone nothing may reach beyond the screen.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from browsing.audit import grave_problems
from browsing.conversation import Conversation
from browsing.picture import gradient
from browsing.window import PHONE, Window
from servers.hubbub_process import HubbubProcess
from servers.person import Person

WIDE, TABLET = (1440, 900), (820, 1100)
SIZES = {"wide": (WIDE, "light"), "tablet": (TABLET, "light"), "phone": (PHONE, "dark")}

_BEYOND = """() => {
    const width = document.documentElement.clientWidth;
    const shown = (element) => {
        const style = getComputedStyle(element);
        return style.visibility !== 'hidden' && !element.closest('.visually-hidden, .skip-link, pre, .file-tray');
    };
    return [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > width + 1 && shown(element))
        .map((element) => `${element.tagName}.${element.className} reaches beyond the screen`)
        .slice(0, 5);
}"""


class Street(NamedTuple):
    """A guild in which there is something of everything."""

    host: Person
    guest: Person
    newcomer: Person
    guild_id: str
    busy_id: str
    empty_id: str
    voice_id: str
    direct_id: str
    invite: str

    @property
    def busy(self) -> str:
        """The address of the channel in which all kinds of messages are."""
        return f"/guilds/{self.guild_id}/{self.busy_id}"

    @property
    def empty(self) -> str:
        """The address of the channel in which nothing was written."""
        return f"/guilds/{self.guild_id}/{self.empty_id}"

    def settings(self, page: str) -> str:
        """Return the address of a page of the guild's settings."""
        return f"/guilds/{self.guild_id}/settings/{page}"


async def _make_street(url: str) -> Street:
    host, guest, newcomer = [
        await Person.register(url, f"{name}.street", display_name=name.title())
        for name in ("host", "guest", "newcomer")
    ]
    guild_id, busy_id = await host.make_guild("Lantern Street")
    invite = await host.post(f"/channels/{busy_id}/invites", {"max_age": 3600, "max_uses": 5})
    await guest.post(f"/invites/{invite['code']}", {})
    async with await Person.register(url, "noise.street", display_name="Noise") as noise:
        await noise.post(f"/invites/{invite['code']}", {})
        await host.put(f"/guilds/{guild_id}/bans/{noise.id}", {})
    fields = {"name": "Keepers", "color": 0x0F8F84, "hoist": True, "permissions": "8"}
    role = await host.post(f"/guilds/{guild_id}/roles", fields)
    await host.put(f"/guilds/{guild_id}/members/{guest.id}/roles/{role['id']}")
    await host.patch(f"/channels/{busy_id}", {"topic": "Saturday, from dusk"})
    await _write(host, guest, busy_id)
    channels = await host.get(f"/guilds/{guild_id}/channels")
    empty = await host.post(f"/guilds/{guild_id}/channels", {"name": "empty", "type": 0})
    await host.put(f"/channels/{empty['id']}/permissions/{guest.id}", {"type": 1, "allow": "2048", "deny": "64"})
    direct = await guest.post("/users/@me/channels", {"recipient_id": host.id})
    await guest.say(direct["id"], "Are you there?")
    voice_id = next(channel["id"] for channel in channels if channel["type"] == 2)
    ids = (guild_id, busy_id, empty["id"], voice_id, direct["id"])
    return Street(host, guest, newcomer, *ids, invite["code"])


async def _write(host: Person, guest: Person, channel_id: str) -> None:
    """Say something of every kind."""
    text = f"# Plan\n**Lanterns** for <@{host.id}>: `hang` them ||soon||\n> and well\n```\nladder --tall\n```\nhttps://example.org"
    first = await guest.say(channel_id, text)
    picture = {"files[0]": ("dusk.png", gradient(), "image/png"), "files[1]": ("list.txt", b"ladder", "text/plain")}
    body = {"payload_json": json.dumps({"content": "Like this?"})}
    answer = await guest.request("POST", f"/channels/{channel_id}/messages", data=body, files=picture)
    assert answer.is_success, answer.text
    await host.say(channel_id, "Just so.", message_reference={"message_id": first["id"]})
    await host.put(f"/channels/{channel_id}/messages/{first['id']}/reactions/🎉/@me")
    await host.put(f"/channels/{channel_id}/pins/{first['id']}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def street(server: HubbubProcess) -> AsyncIterator[Street]:
    made = await _make_street(server.url)
    yield made
    for person in (made.host, made.guest, made.newcomer):
        await person.close()


class Visit(NamedTuple):
    """Somebody at a screen."""

    window: Window
    street: Street

    @property
    def page(self) -> Page:
        """The page in the window."""
        return self.window.page

    @property
    def is_phone(self) -> bool:
        """Whether one pane shows at a time."""
        return (self.page.viewport_size or {})["width"] == PHONE[0]

    async def go(self, path: str, heading: str) -> None:
        """Open a page of the client and wait for its heading."""
        await self.window.go(path)
        await self.window.heading(heading)

    async def talk(self, path: str) -> Conversation:
        """Open a channel."""
        await self.window.go(path)
        there = await Conversation(self.window).opened()
        await expect(there.messages).not_to_have_attribute("aria-busy", "true")
        return there

    async def to_side(self) -> None:
        """Show the list at the side, which a phone shows by itself."""
        if self.is_phone:
            await self.page.get_by_role("button", name="Back").click()

    def button(self, name: str) -> Locator:
        """Return a button by its exact name."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def dialog(self, name: str) -> Locator:
        """Return a dialog once it shows."""
        dialog = self.page.get_by_role("dialog", name=name)
        await expect(dialog).to_be_visible()
        return dialog


Screen = Callable[[Visit], Awaitable[object]]


async def _refused_sign_up(visit: Visit) -> None:
    await visit.go("/register", "Create an account")
    await visit.page.get_by_label("Username").fill("host.street")
    await visit.page.get_by_label("Password").fill("correct horse battery staple")
    await visit.button("Create account").click()
    await expect(visit.page.get_by_text("This name is taken.")).to_be_visible()


async def _refused_login(visit: Visit) -> None:
    await visit.go("/login", "Welcome back")
    await visit.page.get_by_label("Username").fill("host.street")
    await visit.page.get_by_label("Password").fill("something else")
    await visit.button("Log in").click()
    await expect(visit.page.get_by_role("alert")).to_be_visible()


ENTRY: dict[str, Screen] = {
    "login": lambda visit: visit.go("/login", "Welcome back"),
    "a refused login": _refused_login,
    "sign-up": lambda visit: visit.go("/register", "Create an account"),
    "a refused sign-up": _refused_sign_up,
    "an invite": lambda visit: visit.go(f"/invite/{visit.street.invite}", "Lantern Street"),
    "a stale invite": lambda visit: visit.go("/invite/NoSuchCode", "This invite does not work"),
}


async def _first_guild(visit: Visit) -> None:
    await visit.go("/direct", "Welcome, Newcomer")
    await visit.button("Create a guild").click()
    await visit.dialog("Add a guild")


NEWCOMER: dict[str, Screen] = {
    "no guild": lambda visit: visit.go("/direct", "Welcome, Newcomer"),
    "the first guild": _first_guild,
    "an invite to join": lambda visit: visit.go(f"/invite/{visit.street.invite}", "Lantern Street"),
    "an address that leads nowhere": lambda visit: visit.go("/no/such/place", "There is nothing here"),
}


async def _busy(visit: Visit) -> Conversation:
    there = await visit.talk(visit.street.busy)
    await expect(there.message("Just so.")).to_be_visible()
    await expect(visit.button("Open picture dusk.png")).to_be_visible()
    return there


async def _channels(visit: Visit) -> None:
    await _busy(visit)
    await visit.to_side()
    await expect(visit.page.get_by_role("navigation", name="Channels")).to_be_visible()


async def _guild_menu(visit: Visit) -> None:
    await _channels(visit)
    await visit.button("Lantern Street: guild menu").click()
    await expect(visit.page.get_by_role("menuitem", name="Guild settings")).to_be_visible()


async def _viewer(visit: Visit) -> None:
    await _busy(visit)
    await visit.button("Open picture dusk.png").click()
    await visit.dialog("dusk.png")


async def _emojis(visit: Visit) -> None:
    await _busy(visit)
    await visit.button("Choose an emoji").click()
    await expect(visit.page.get_by_text("Smileys", exact=True)).to_be_visible()


async def _message_menu(visit: Visit) -> None:
    there = await _busy(visit)
    await there.act(there.message("Just so."), "More")
    await expect(visit.page.get_by_role("menuitem", name="Delete message")).to_be_visible()


async def _editing(visit: Visit) -> None:
    there = await _busy(visit)
    await there.act(there.message("Just so."), "Edit")
    await expect(visit.page.get_by_label("Edit message")).to_be_visible()


async def _confirm(visit: Visit) -> None:
    await _message_menu(visit)
    await visit.page.get_by_role("menuitem", name="Delete message").click()
    await visit.dialog("Delete this message?")


async def _notice(visit: Visit) -> None:
    await _message_menu(visit)
    await visit.page.get_by_role("menuitem", name="Copy link").click()
    await expect(visit.page.get_by_text("Copied", exact=True)).to_be_visible()


async def _card(visit: Visit) -> None:
    there = await _busy(visit)
    await there.messages.get_by_role("button", name="Guest", exact=True).first.click()
    card = await visit.dialog("Profile of Guest")
    await expect(card.get_by_text("Keepers")).to_be_visible()


async def _members(visit: Visit) -> None:
    await _busy(visit)
    members = visit.page.get_by_role("complementary", name="Members")
    if not await members.is_visible():
        await visit.button("Show members").click()
    await expect(members.get_by_text("Guest")).to_be_visible()


async def _pins(visit: Visit) -> None:
    await _busy(visit)
    await visit.button("Pinned messages").click()
    await expect(visit.button("Go to message")).to_be_visible()


async def _no_pins(visit: Visit) -> None:
    await visit.talk(visit.street.empty)
    await visit.button("Pinned messages").click()
    await expect(visit.page.get_by_text("Nothing is pinned yet.")).to_be_visible()


async def _mentioning(visit: Visit) -> None:
    there = await _busy(visit)
    await there.act(there.message("Like this?"), "Reply")
    await there.composer.fill("@")
    await expect(visit.page.get_by_role("option").first).to_be_visible()


async def _files(visit: Visit) -> Conversation:
    there = await _busy(visit)
    await there.paste("poster.png", gradient())
    # One that a visit before this one left in the tray is still there.
    await expect(visit.button("Remove poster.png").last).to_be_visible()
    return there


async def _uploading(visit: Visit) -> None:
    there = await _files(visit)
    await visit.page.route("**/messages", _hold)
    await visit.button("Send").click()
    await expect(there.page.locator(".message-pending")).to_be_visible()


async def _hold(route: Route) -> None:
    """Answer nothing: the request stays on its way."""


async def _offline(visit: Visit) -> None:
    await _busy(visit)
    await visit.window.context.set_offline(True)
    await expect(visit.page.get_by_text("You are offline.")).to_be_visible()


async def _switcher(visit: Visit) -> None:
    await _busy(visit)
    await visit.page.keyboard.press("Control+k")
    await expect(visit.page.get_by_role("option").first).to_be_visible()


async def _shortcuts(visit: Visit) -> None:
    await visit.go("/settings/about", "About")
    await visit.page.keyboard.press("?")
    await visit.dialog("Keyboard shortcuts")


TALK: dict[str, Screen] = {
    "a busy channel": _busy,
    "the channels": _channels,
    "the guild's menu": _guild_menu,
    "an empty channel": lambda visit: visit.talk(visit.street.empty),
    "a direct message": lambda visit: visit.talk(f"/direct/{visit.street.direct_id}"),
    "a voice channel": lambda visit: visit.go(f"/guilds/{visit.street.guild_id}/{visit.street.voice_id}", "Lounge"),
    "the picture viewer": _viewer,
    "the emoji picker": _emojis,
    "a message's menu": _message_menu,
    "a message being edited": _editing,
    "a question before deleting": _confirm,
    "a notice": _notice,
    "a profile card": _card,
    "the member list": _members,
    "pins": _pins,
    "no pins": _no_pins,
    "a reply with a mention": _mentioning,
    "files to send": _files,
    "the switcher": _switcher,
    "the shortcuts": _shortcuts,
    "an upload in progress": _uploading,
    "a lost network": _offline,
}


async def _unsaved(visit: Visit) -> None:
    await visit.go("/settings/profile", "Profile")
    await visit.page.get_by_label("Display name").fill("Somebody else")
    await expect(visit.button("Save")).to_be_visible()


async def _log_out(visit: Visit) -> None:
    await visit.go("/settings/about", "About")
    await visit.to_side()
    await visit.button("Log out").click()
    await visit.dialog("Log out?")


async def _sessions(visit: Visit) -> None:
    await visit.go("/settings/sessions", "Sessions")
    await expect(visit.page.get_by_text("This browser").first).to_be_visible()


async def _channels_muted(visit: Visit) -> None:
    await visit.go("/settings/notifications", "Notifications")
    await visit.button("Single channels").click()
    await expect(visit.page.get_by_role("switch", name="#general")).to_be_visible()


SETTINGS: dict[str, Screen] = {
    "profile": lambda visit: visit.go("/settings/profile", "Profile"),
    "changes not saved": _unsaved,
    "account": lambda visit: visit.go("/settings/account", "Change password"),
    "sessions": _sessions,
    "appearance": lambda visit: visit.go("/settings/appearance", "Appearance"),
    "notifications": _channels_muted,
    "about": lambda visit: visit.go("/settings/about", "About"),
    "logging out": _log_out,
}


async def _role(visit: Visit) -> None:
    await visit.go(visit.street.settings("roles"), "Roles")
    await visit.page.locator(".role-choose", has_text="Keepers").click()
    await visit.page.get_by_role("switch", name="Manage channels").click()
    await expect(visit.button("Save")).to_be_visible()


async def _member_list(visit: Visit) -> None:
    await visit.go(visit.street.settings("members"), "Members")
    await expect(visit.button("Edit Guest")).to_be_visible()


async def _member(visit: Visit) -> None:
    await _member_list(visit)
    await visit.button("Edit Guest").click()
    await visit.dialog("Guest")


async def _ban(visit: Visit) -> None:
    await _member(visit)
    await visit.button("Ban").click()
    await visit.dialog("Ban Guest?")


async def _delete_guild(visit: Visit) -> None:
    await visit.go(visit.street.settings("overview"), "Overview")
    await visit.button("Delete guild").click()
    await visit.dialog("Delete Lantern Street?")


async def _invites(visit: Visit) -> None:
    await visit.go(visit.street.settings("invites"), "Invites")
    await expect(visit.button(f"Revoke {visit.street.invite}")).to_be_visible()


async def _bans(visit: Visit) -> None:
    await visit.go(visit.street.settings("bans"), "Bans")
    await expect(visit.button("Lift the ban of Noise")).to_be_visible()


async def _invite_people(visit: Visit) -> None:
    await visit.talk(visit.street.empty)
    await visit.button("Invite people").click()
    await visit.dialog("Invite people to Lantern Street")
    await expect(visit.button("Copy")).to_be_enabled()


async def _create_channel(visit: Visit) -> None:
    await _guild_menu(visit)
    await visit.page.get_by_role("menuitem", name="Create channel").click()
    await visit.dialog("Create channel")


async def _channel_settings(visit: Visit) -> Locator:
    await visit.talk(visit.street.empty)
    await visit.button("Set a topic").click()
    return await visit.dialog("Channel settings")


async def _overwrites(visit: Visit) -> Locator:
    settings = await _channel_settings(visit)
    await settings.get_by_role("tab", name="Permissions").click()
    await settings.get_by_role("radio", name="Deny").first.check(force=True)
    await expect(visit.button("Reset")).to_be_visible()
    return settings


async def _add_overwrite(visit: Visit) -> None:
    settings = await _overwrites(visit)
    await settings.get_by_role("button", name="Add role or member").click()
    await visit.dialog("Add role or member")


async def _delete_channel(visit: Visit) -> None:
    settings = await _channel_settings(visit)
    await settings.get_by_role("tab", name="Delete").click()
    await expect(settings.get_by_role("button", name="Delete channel")).to_be_visible()


GUILD: dict[str, Screen] = {
    "overview": lambda visit: visit.go(visit.street.settings("overview"), "Overview"),
    "roles": lambda visit: visit.go(visit.street.settings("roles"), "Roles"),
    "a role": _role,
    "members": _member_list,
    "a member": _member,
    "a ban": _ban,
    "emojis": lambda visit: visit.go(visit.street.settings("emojis"), "Emojis"),
    "invites": _invites,
    "bans": _bans,
    "deleting the guild": _delete_guild,
    "inviting people": _invite_people,
    "creating a channel": _create_channel,
    "a channel's settings": _channel_settings,
    "a channel's permissions": _overwrites,
    "adding a member to them": _add_overwrite,
    "deleting a channel": _delete_channel,
}

AREAS = {"entry": ENTRY, "newcomer": NEWCOMER, "talk": TALK, "settings": SETTINGS, "guild": GUILD}
ON_TABLET = ("a busy channel", "the member list", "a profile card", "a role", "a channel's permissions", "profile")
"""What lies differently at the width between: the rest is as on the wide screen or as on the phone."""


async def _faults(visit: Visit) -> list[str]:
    """Return what is wrong with the screen that shows."""
    beyond = await visit.page.evaluate(_BEYOND) if visit.is_phone else []
    return [*await grave_problems(visit.page), *beyond]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("area", AREAS)
async def test_no_screen_shuts_anybody_out(server, street, open_window, area, size):
    people = {"entry": None, "newcomer": street.newcomer}
    place, theme = SIZES[size]
    window = await open_window(server.url, people.get(area, street.host), size=place, theme=theme)
    visit = Visit(window, street)
    found: list[str] = []
    for name, show in AREAS[area].items():
        if size == "tablet" and name not in ON_TABLET:
            continue
        await show(visit)
        found += [f"{name}: {fault}" for fault in await _faults(visit)]
        # The next screen is opened by its address: from an empty page between them it would take half as long again.
        await window.page.unroute_all(behavior="ignoreErrors")
        await window.context.set_offline(False)
    assert not found, "\n".join(found)


async def test_focus_returns_from_every_layer_to_what_opened_it(server, street, open_window):
    visit = Visit(await open_window(server.url, street.host, size=WIDE), street)
    there = await _busy(visit)
    side = visit.page.get_by_role("navigation", name="Channels")
    openers = [
        (visit.button("Create or join a guild"), "dialog"),
        (visit.button("Lantern Street: guild menu"), "menu"),
        (visit.button("Host: set status"), "menu"),
        (side.get_by_role("button", name="Create channel in Text channels"), "dialog"),
        (side.get_by_role("button", name="Settings of general"), "dialog"),
        (visit.button("Open picture dusk.png"), "dialog"),
        (there.messages.get_by_role("button", name="Guest", exact=True).first, "dialog"),
        (visit.page.get_by_role("complementary", name="Members").get_by_role("button", name="Guest"), "dialog"),
    ]
    for opener, role in openers:
        await _there_and_back(visit.page, opener, role)
    await visit.talk(street.empty)
    for name in ("Invite people", "Set a topic"):
        await _there_and_back(visit.page, visit.button(name), "dialog")
    await visit.go(street.settings("overview"), "Overview")
    await _there_and_back(visit.page, visit.button("Delete guild"), "dialog")
    await _member_list(visit)
    await _there_and_back(visit.page, visit.button("Edit Guest"), "dialog")
    await visit.go("/settings/about", "About")
    await _there_and_back(visit.page, visit.button("Log out"), "dialog")


async def _there_and_back(page: Page, opener: Locator, role: str) -> None:
    """Open a layer by keyboard, find the focus in it, close it by Esc and find the focus on `opener` again."""
    await opener.focus()
    await page.keyboard.press("Enter")
    layer = page.get_by_role(role).last  # type: ignore[arg-type]
    await expect(layer).to_be_visible()
    await expect(page.locator(f"[role={role}]:focus-within, [role={role}]:focus")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role(role)).to_have_count(0)  # type: ignore[arg-type]
    await expect(opener).to_be_focused()


async def test_shortcuts_return_the_focus_to_the_words_being_written(server, street, open_window):
    visit = Visit(await open_window(server.url, street.host, size=WIDE), street)
    there = await _busy(visit)
    await there.composer.press_sequentially("half a sent")
    for shortcut, layer in (("Control+k", "Go to"), ("Tab", "Choose an emoji")):
        await visit.page.keyboard.press(shortcut)
        if shortcut == "Tab":
            await visit.page.keyboard.press("Enter")
        await visit.dialog(layer)
        await visit.page.keyboard.press("Escape")
        await expect(there.composer).to_be_focused()
    await visit.page.keyboard.type("ence")
    await expect(there.composer).to_have_value("half a sentence")


async def test_tab_walks_the_page_in_its_reading_order(server, street, open_window):
    visit = Visit(await open_window(server.url, street.host, size=WIDE), street)
    there = await _busy(visit)
    await expect(visit.page.get_by_role("complementary", name="Members").get_by_text("Guest")).to_be_visible()
    skip = visit.page.get_by_role("link", name="Skip to messages")
    await skip.focus()
    await expect(skip).to_be_in_viewport()
    walked = await visit.page.evaluate("""() => {
        const stops = [...document.querySelectorAll('a[href], button, textarea, input, [tabindex="0"]')]
            .filter((one) => one.tabIndex >= 0 && !one.disabled && one.offsetParent !== null);
        const areas = stops.map((one) => one.closest('nav, aside, main')?.getAttribute('aria-label')).filter(Boolean);
        return areas.filter((area, index) => area !== areas[index - 1]);
    }""")
    assert walked[0] == "Guilds"
    assert [area for area in walked if area in {"Guilds", "general", "Members"}] == ["Guilds", "general", "Members"]
    await visit.page.keyboard.press("Enter")
    await expect(there.messages).to_be_focused()


async def test_lists_are_walked_with_arrows_and_settings_left_with_escape(server, street, open_window):
    visit = Visit(await open_window(server.url, street.host, size=WIDE), street)
    await _busy(visit)
    channels = visit.page.get_by_role("navigation", name="Channels")
    await channels.get_by_role("link", name="general").focus()
    await visit.page.keyboard.press("Home")
    first = visit.page.locator(":focus")
    await expect(first).to_have_attribute("href", street.empty)
    await visit.page.keyboard.press("Enter")
    await visit.window.heading("empty")
    await visit.button("Settings").click()
    await visit.window.heading("Profile")
    await visit.page.get_by_role("navigation", name="Settings").get_by_role("button", name="Profile").focus()
    await visit.page.keyboard.press("ArrowDown")
    await visit.page.keyboard.press("Enter")
    await visit.window.heading("Account")
    await visit.page.keyboard.press("Escape")
    await visit.window.heading("empty")
