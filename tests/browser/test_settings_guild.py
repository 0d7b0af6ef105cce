"""What those who run a guild set in it, and what its members then see."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from browsing.conversation import Conversation
from browsing.picture import gradient
from servers.waiting import until


def _dialog(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=name)


async def _save(page: Page) -> None:
    """Press Save in the bar and wait until nothing is left to save."""
    bar = page.get_by_role("status").filter(has_text="You have changes that are not saved.")
    await bar.get_by_role("button", name="Save").click()
    await expect(bar).to_have_count(0)


async def test_a_guild_gets_a_name_an_icon_and_words_for_its_invites(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await bert.heading("Lantern Society")
    await ada.go(pair.settings("overview"))
    await ada.page.get_by_label("Guild name").fill("Lantern Street")
    await ada.page.get_by_label("Description").fill("Lights for everyone")
    picture = {"name": "icon.png", "mimeType": "image/png", "buffer": gradient()}
    await ada.page.locator("input[type=file]").set_input_files([picture])
    await _save(ada.page)
    await bert.heading("Lantern Street")
    await expect(bert.page.get_by_role("link", name="Lantern Street").locator("img")).to_be_visible()
    invite = await pair.ada.post(f"/channels/{pair.channel_id}/invites", {"max_age": 3600})
    await bert.go(f"/invite/{invite['code']}")
    await expect(bert.page.get_by_text("Lights for everyone")).to_be_visible()


async def test_a_role_gives_its_members_what_it_may(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await Conversation(bert).opened()
    create = bert.page.get_by_role("button", name="Create channel in Text channels")
    await expect(create).to_have_count(0)

    await ada.go(pair.settings("roles"))
    await ada.page.get_by_role("button", name="Create role").click()
    await ada.page.get_by_label("Role name").fill("Keepers")
    await ada.page.get_by_role("switch", name="Show members apart").click()
    await ada.page.get_by_role("radio", name="#2878c8").check(force=True)
    await ada.page.get_by_label("Find a permission").fill("manage channels")
    await ada.page.get_by_role("switch", name="Manage channels").click()
    await _save(ada.page)
    await ada.page.get_by_role("button", name="Members", exact=True).click()
    await ada.page.get_by_role("button", name="Edit Bert").click()
    member = _dialog(ada.page, "Bert")
    await member.get_by_role("checkbox", name="Keepers").check()
    await member.get_by_role("button", name="Save").click()
    await expect(member).to_have_count(0)
    await expect(ada.page.get_by_role("listitem").filter(has_text="Bert").get_by_text("Keepers")).to_be_visible()

    await expect(create).to_be_visible()
    members = bert.page.get_by_role("complementary", name="Members")
    await expect(members.get_by_role("heading", name="Keepers")).to_be_visible()
    await members.get_by_role("button", name="Bert").click()
    card = _dialog(bert.page, "Profile of Bert")
    await expect(card.get_by_role("list", name="Roles").get_by_text("Keepers")).to_be_visible()


async def test_a_role_that_somebody_else_gives_meanwhile_is_kept(server, pair, open_window):
    roles = [await pair.ada.post(f"/guilds/{pair.guild_id}/roles", {"name": name}) for name in ("Keepers", "Heralds")]
    ada = await open_window(server.url, pair.ada)
    await ada.go(pair.settings("members"))
    await ada.page.get_by_role("button", name="Edit Bert").click()
    member = _dialog(ada.page, "Bert")
    await member.get_by_role("checkbox", name="Heralds").check()
    await pair.ada.put(f"/guilds/{pair.guild_id}/members/{pair.bert.id}/roles/{roles[0]['id']}")
    await expect(member.get_by_role("checkbox", name="Keepers")).to_be_checked()
    await member.get_by_role("button", name="Save").click()
    await expect(member).to_have_count(0)
    told = await pair.ada.get(f"/guilds/{pair.guild_id}/members/{pair.bert.id}")
    assert sorted(told["roles"]) == sorted(role["id"] for role in roles)


async def test_what_two_people_set_in_one_role_is_all_set(server, pair, open_window):
    manage, kick, ban = 1 << 4, 1 << 1, 1 << 2
    path = f"/guilds/{pair.guild_id}/roles"
    role = await pair.ada.post(path, {"name": "Keepers", "permissions": str(ban)})
    ada = await open_window(server.url, pair.ada)
    await ada.go(pair.settings("roles"))
    await ada.page.get_by_role("button", name="Keepers", exact=True).click()
    await ada.page.get_by_role("switch", name="Manage channels").click()
    await pair.ada.patch(f"{path}/{role['id']}", {"permissions": str(kick)})
    await expect(ada.page.get_by_role("switch", name="Kick members")).to_be_checked()
    await expect(ada.page.get_by_role("switch", name="Ban members")).not_to_be_checked()
    await _save(ada.page)
    told = next(one for one in await pair.ada.get(path) if one["id"] == role["id"])
    assert int(told["permissions"]) == manage | kick


async def test_what_two_people_decide_for_one_channel_is_all_decided(server, pair, open_window):
    send, react = 1 << 11, 1 << 6
    path = f"/channels/{pair.channel_id}"
    ada = await open_window(server.url, pair.ada)
    await ada.go(pair.channel)
    await ada.page.get_by_role("button", name="Settings of general").click()
    await ada.page.get_by_role("tab", name="Permissions").click()

    def denied(name: str) -> Locator:
        return ada.page.get_by_role("radiogroup", name=name).get_by_role("radio", name="Deny")

    await denied("Add reactions").check(force=True)
    await pair.ada.put(f"{path}/permissions/{pair.guild_id}", {"type": 0, "allow": "0", "deny": str(send)})
    await expect(denied("Send messages")).to_be_checked()
    await _save(ada.page)
    overwrites = (await pair.ada.get(path))["permission_overwrites"]
    assert [int(one["deny"]) for one in overwrites if one["id"] == pair.guild_id] == [send | react]


async def test_roles_are_ordered_by_button_and_by_keyboard(server, pair, open_window):
    for name in ("Low", "High"):
        await pair.ada.post(f"/guilds/{pair.guild_id}/roles", {"name": name})

    async def order() -> list[str]:
        roles = await pair.ada.get(f"/guilds/{pair.guild_id}/roles")
        return [role["name"] for role in sorted(roles, key=lambda role: role["position"], reverse=True)]

    before = await order()
    ada = await open_window(server.url, pair.ada)
    await ada.go(pair.settings("roles"))
    chosen = ada.page.locator(".role-choose")
    await expect(chosen).to_have_text(before)
    moved = [before[1], before[0], "@everyone"]
    await chosen.first.hover()
    await ada.page.get_by_role("button", name=f"Move {before[0]} down").click()
    await expect(chosen).to_have_text(moved)
    await until(lambda: _same(order(), moved), within_s=30)
    await expect(ada.page.get_by_text(f"{before[0]} is now 2 of 3.")).to_be_attached()
    await expect(chosen.nth(1)).to_be_focused()
    await ada.page.keyboard.press("Alt+ArrowUp")
    await expect(chosen).to_have_text(before)
    await until(lambda: _same(order(), before), within_s=30)


async def _same(order, wanted: list[str]) -> bool:
    return await order == wanted


async def test_a_channel_takes_from_a_role_what_it_gave(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await Conversation(bert).opened()
    await ada.go(pair.channel)
    await Conversation(ada).opened()
    await ada.page.get_by_role("link", name="general").hover()
    await ada.page.get_by_role("button", name="Settings of general").click()
    settings = _dialog(ada.page, "Channel settings")
    await settings.get_by_role("tab", name="Permissions").click()
    sending = settings.get_by_role("radiogroup", name="Send messages")
    await sending.get_by_role("radio", name="Deny").check(force=True)
    await _save(ada.page)
    await expect(bert.page.get_by_text("You may read here, but not write.")).to_be_visible()

    await settings.get_by_role("button", name="Add role or member").click()
    found = _dialog(ada.page, "Add role or member")
    await found.get_by_label("Name").fill("bert")
    await found.get_by_role("button", name="Bert").click()
    await expect(settings.get_by_role("button", name="Bert")).to_have_attribute("aria-current", "true")
    await sending.get_by_role("radio", name="Allow").check(force=True)
    await _save(ada.page)
    await Conversation(bert).opened()

    await settings.get_by_role("button", name="Remove from this channel").click()
    await expect(settings.get_by_role("button", name="Bert")).to_have_count(0)
    await expect(bert.page.get_by_text("You may read here, but not write.")).to_be_visible()
    await settings.get_by_role("radiogroup", name="View channels").get_by_role("radio", name="Deny").check(force=True)
    await _save(ada.page)
    await expect(bert.page.get_by_role("link", name="general")).to_have_count(0)
    await expect(bert.page.get_by_role("heading", name="No text channel here")).to_be_visible()


async def test_a_channel_is_named_given_a_topic_and_deleted(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await ada.go(pair.channel)
    await Conversation(ada).opened()
    await ada.page.get_by_role("button", name="Create channel in Text channels").click()
    making = _dialog(ada.page, "Create channel")
    await making.get_by_label("Channel name").fill("Tool Shed")
    await making.get_by_role("button", name="Create").click()
    await ada.heading("tool-shed")
    await bert.page.get_by_role("link", name="tool-shed").click()
    await bert.heading("tool-shed")
    await ada.page.get_by_role("button", name="Set a topic").click()
    settings = _dialog(ada.page, "Channel settings")
    await settings.get_by_label("Topic").fill("Borrow and return")
    await settings.get_by_role("button", name="Save").click()
    await expect(bert.page.get_by_role("main").get_by_text("Borrow and return").first).to_be_visible()
    await settings.get_by_role("tab", name="Delete").click()
    await settings.get_by_role("button", name="Delete channel").click()
    await expect(settings).to_have_count(0)
    await expect(bert.page.get_by_role("link", name="tool-shed")).to_have_count(0)
    await bert.heading("general")


async def test_an_emoji_is_uploaded_renamed_used_and_taken_away(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    talk = await Conversation(bert).opened()
    await ada.go(pair.settings("emojis"))
    pictures = [{"name": "My Lamp.png", "mimeType": "image/png", "buffer": gradient()}]
    pictures.append({"name": "words.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    await ada.page.get_by_label("Upload emojis").last.set_input_files(pictures)
    await expect(ada.page.get_by_role("alert")).to_contain_text("words.png: This file is not a picture")
    name = ada.page.get_by_label("Emoji name")
    await expect(name).to_have_count(1)
    await name.fill("lamp")
    await name.press("Enter")
    await talk.composer.press_sequentially(":lam")
    await expect(bert.page.get_by_role("option", name=":lamp:")).to_be_visible()
    await talk.composer.press("Tab")
    await talk.composer.press_sequentially("on")
    await talk.composer.press("Enter")
    message = await talk.sent("on")
    await expect(message.get_by_role("img", name=":lamp:")).to_have_js_property("complete", value=True)

    await ada.page.get_by_role("button", name="Delete :lamp:").click()
    await _dialog(ada.page, "Delete :lamp:?").get_by_role("button", name="Delete").click()
    await expect(ada.page.get_by_text("No emojis yet.")).to_be_visible()


async def test_an_invite_is_made_listed_and_revoked(server, pair, open_window):
    ada = await open_window(server.url, pair.ada)
    await ada.go(pair.settings("invites"))
    rows = ada.page.get_by_role("list", name="Invites").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await ada.page.get_by_role("button", name="Create invite").click()
    dialog = _dialog(ada.page, "Invite people to Lantern Society")
    await dialog.get_by_label("Uses").select_option("5")
    await expect(dialog.get_by_label("Invite link")).not_to_have_value("…")
    link = await dialog.get_by_label("Invite link").input_value()
    await ada.page.keyboard.press("Escape")
    code = link.rpartition("/")[2]
    mine = rows.filter(has_text=code)
    await expect(mine).to_contain_text("used 0 of 5 times")
    guest = await open_window(server.url)
    await guest.go(f"/invite/{code}")
    await guest.heading("Lantern Society")
    await mine.get_by_role("button", name=f"Revoke {code}").click()
    asked = _dialog(ada.page, "Revoke this invite?")
    await asked.get_by_role("button", name="Revoke").click()
    # Nothing behind an open dialog is found by its role.
    await expect(asked).to_have_count(0)
    await expect(mine).to_have_count(0)
    await guest.page.reload()
    await guest.heading("This invite does not work")


async def test_a_ban_shuts_the_door_until_it_is_lifted(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await Conversation(bert).opened()
    await ada.go(pair.settings("members"))
    await ada.page.get_by_role("button", name="Edit Bert").click()
    await _dialog(ada.page, "Bert").get_by_role("button", name="Ban").click()
    await _dialog(ada.page, "Ban Bert?").get_by_role("button", name="Ban").click()
    await expect(ada.page.get_by_text("Bert was banned.")).to_be_visible()
    await expect(bert.page.get_by_role("link", name="Lantern Society")).to_have_count(0)
    await bert.heading("Welcome, Bert")

    invite = await pair.ada.post(f"/channels/{pair.channel_id}/invites", {"max_age": 3600})
    await bert.go(f"/invite/{invite['code']}")
    join = bert.page.get_by_role("button", name="Join Lantern Society")
    await join.click()
    await expect(bert.page.get_by_role("alert")).to_be_visible()
    await ada.page.get_by_role("button", name="Bans").click()
    await ada.page.get_by_role("button", name="Lift the ban of Bert").click()
    await _dialog(ada.page, "Lift the ban of Bert?").get_by_role("button", name="Lift").click()
    await expect(ada.page.get_by_text("Nobody is banned.")).to_be_visible()
    await join.click()
    await Conversation(bert).opened()


async def test_a_member_is_kicked_from_their_card(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await Conversation(bert).opened()
    await ada.go(pair.channel)
    members = ada.page.get_by_role("complementary", name="Members")
    await members.get_by_role("button", name="Bert").click()
    await _dialog(ada.page, "Profile of Bert").get_by_role("button", name="More").click()
    await ada.page.get_by_role("menuitem", name="Kick").click()
    await _dialog(ada.page, "Kick Bert?").get_by_role("button", name="Kick").click()
    await bert.heading("Welcome, Bert")
    await expect(members.get_by_role("button", name="Bert")).to_have_count(0)


async def test_a_timed_out_member_reads_but_does_not_write(server, pair, open_window):
    ada, bert = [await open_window(server.url, person) for person in (pair.ada, pair.bert)]
    await bert.go(pair.channel)
    await Conversation(bert).opened()
    await ada.go(pair.settings("members"))
    await ada.page.get_by_role("button", name="Edit Bert").click()
    member = _dialog(ada.page, "Bert")
    await member.get_by_role("button", name="Time out").click()
    await ada.page.get_by_role("menuitem", name="Time out for an hour").click()
    await expect(member.get_by_text("Timed out until")).to_be_visible()
    await expect(bert.page.get_by_text("You may read here, but not write.")).to_be_visible()
    await pair.ada.say(pair.channel_id, "You can still read this.")
    await expect(Conversation(bert).message("You can still read this.")).to_be_visible()
    await member.get_by_role("button", name="Time out").click()
    await ada.page.get_by_role("menuitem", name="Lift the timeout").click()
    await Conversation(bert).opened()
