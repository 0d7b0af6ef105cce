"""Accounts over REST: signing up, in and out, links, profiles, sessions, settings."""

import base64

import pytest

from doubles.community_api import PASSWORD, PNG, community_api
from hubbub.events.contracts import events


@pytest.fixture
async def api(tmp_path):
    async with community_api(tmp_path) as made:
        yield made


async def test_who_signs_up_is_signed_in(api):
    ada = await api.person("Ada.L", display_name="Ada", email="Ada@Example.org")
    me = await ada.ok("GET", "/users/@me")
    assert me["username"] == "ada.l"
    assert me["global_name"] == "Ada"
    assert me["email"] == "ada@example.org"
    assert me["has_password"] is True
    assert me["is_administrator"] is False


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"username": "a", "password": PASSWORD}, "username"),
        ({"username": "a..b", "password": PASSWORD}, "username"),
        ({"username": "everyone", "password": PASSWORD}, "username"),
        ({"username": "x" * 33, "password": PASSWORD}, "username"),
        ({"username": "ada", "password": "short"}, "password"),
        ({"username": "adaadaada", "password": "AdaAdaAda"}, "password"),
        ({"username": "ada", "password": PASSWORD, "email": "no"}, "email"),
        ({"username": "ada", "password": PASSWORD, "display_name": "x" * 33}, "display_name"),
        ({"username": 5, "password": PASSWORD}, "username"),
        ({"password": PASSWORD}, "username"),
    ],
)
async def test_a_refused_sign_up_names_its_field(api, form, field):
    answer = await api.anyone().ask("POST", "/auth/register", form)
    assert answer.status_code == 400
    assert answer.json()["code"] == 50035
    assert answer.json()["errors"][field]["_errors"][0]["message"]


async def test_names_and_addresses_are_taken_once(api):
    await api.person("ada", email="ada@example.org")
    for form, field in (
        ({"username": "ADA", "password": PASSWORD}, "username"),
        ({"username": "eve", "password": PASSWORD, "email": "ADA@example.org"}, "email"),
    ):
        answer = await api.anyone().ask("POST", "/auth/register", form)
        assert field in answer.json()["errors"]


@pytest.mark.parametrize("login", ["ada", " ADA ", "ada@example.org"])
async def test_people_sign_in_by_name_or_address(api, login):
    await api.person("ada", email="ada@example.org")
    caller = api.anyone()
    assert (await caller.ok("POST", "/auth/login", {"login": login, "password": PASSWORD}))["user"]["username"] == "ada"
    assert (await caller.ok("GET", "/users/@me"))["username"] == "ada"


async def test_a_wrong_login_tells_nothing_and_is_throttled(api):
    await api.person("ada")
    caller = api.anyone()
    unknown = await caller.ask("POST", "/auth/login", {"login": "nobody", "password": PASSWORD})
    wrong = await caller.ask("POST", "/auth/login", {"login": "ada", "password": "wrong password"})
    assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)
    assert wrong.status_code == 401
    for _ in range(9):
        await caller.ask("POST", "/auth/login", {"login": "ada", "password": "wrong password"})
    held = await caller.ask("POST", "/auth/login", {"login": "ada", "password": PASSWORD})
    assert held.status_code == 429
    assert held.json()["retry_after"] > 0
    assert int(held.headers["retry-after"]) > 0
    api.clock.advance(901)
    await caller.ok("POST", "/auth/login", {"login": "ada", "password": PASSWORD})


async def test_who_signs_out_is_out(api):
    ada = await api.person("ada")
    cookie = ada.headers["Cookie"]
    await ada.ok("POST", "/auth/logout")
    ada.headers["Cookie"] = cookie
    assert await ada.refused("GET", "/users/@me") == (401, 40001)
    assert any(isinstance(event, events.SessionRevoked) for event in await api.told())


async def test_an_expired_session_is_nobody(api):
    ada = await api.person("ada")
    api.clock.advance(91 * 86_400)
    assert await ada.refused("GET", "/users/@me") == (401, 40001)


async def test_use_keeps_a_session_alive(api):
    ada = await api.person("ada")
    for _ in range(4):
        api.clock.advance(60 * 86_400)
        await ada.ok("GET", "/users/@me")


async def test_sessions_are_listed_and_ended_one_by_one(api):
    ada = await api.person("ada")
    other = api.anyone()
    await other.ok("POST", "/auth/login", {"login": "ada", "password": PASSWORD}, headers={"User-Agent": "Phone"})
    await other.ok("GET", "/users/@me")
    sessions = await ada.ok("GET", "/users/@me/sessions")
    assert sorted(session["current"] for session in sessions) == [False, True]
    phone = next(session for session in sessions if session["user_agent"] == "Phone")
    await ada.ok("DELETE", f"/users/@me/sessions/{phone['id']}")
    assert await other.refused("GET", "/users/@me") == (401, 40001)
    assert await ada.refused("DELETE", f"/users/@me/sessions/{phone['id']}") == (404, 10020)


async def test_a_new_password_asks_for_the_old_one_and_ends_other_sessions(api):
    ada = await api.person("ada")
    other = api.anyone()
    await other.ok("POST", "/auth/login", {"login": "ada", "password": PASSWORD})
    refused = await ada.ask("PATCH", "/users/@me", {"password": "another password", "current_password": "no"})
    assert "current_password" in refused.json()["errors"]
    await ada.ok("PATCH", "/users/@me", {"password": "another password", "current_password": PASSWORD})
    assert await other.refused("GET", "/users/@me") == (401, 40001)
    assert (await ada.ok("GET", "/users/@me"))["has_password"] is True
    assert await other.refused("POST", "/auth/login", {"login": "ada", "password": PASSWORD}) == (401, 40001)
    await other.ok("POST", "/auth/login", {"login": "ada", "password": "another password"})


async def test_a_profile_change_is_told_to_oneself_and_to_ones_guilds(api):
    ada = await api.person("ada")
    await api.guild(ada)
    await api.told()
    me = await ada.ok("PATCH", "/users/@me", {"global_name": "  Ada   L ", "bio": "Counts.", "avatar": PNG})
    assert me["global_name"] == "Ada L"
    assert me["bio"] == "Counts."
    told = await api.told()
    assert [type(event) for event in told] == [events.UserUpdated, events.MemberUpdated]
    key = f"avatars/{ada.id}/{me['avatar']}"
    picture = await api.community.pictures.find(key)
    assert await api.library.holders(picture.asset_id) == [key]
    assert (await ada.ok("PATCH", "/users/@me", {"avatar": None}))["avatar"] is None
    assert await api.community.attachments.sweep() == 0
    assert (await ada.ok("PATCH", "/users/@me", {"avatar": PNG}))["avatar"] == me["avatar"]
    api.clock.advance(86_401)
    assert await api.community.attachments.sweep() == 0
    assert await api.library.holders(picture.asset_id) == [key]
    assert (await ada.ok("PATCH", "/users/@me", {"avatar": None}))["avatar"] is None
    api.clock.advance(86_401)
    assert await api.community.attachments.sweep() == 1
    assert await api.library.holders(picture.asset_id) == []


async def test_pictures_of_old_stay_where_they_were(api):
    name = "0" * 32
    content = base64.b64decode(PNG.partition(",")[2])
    await api.community.ports.objects.put(f"avatars/7/{name}", content)
    picture = await api.anyone().ask("GET", f"/cdn/avatars/7/{name}.png?size=128")
    assert (picture.content, picture.headers["content-type"]) == (content, "image/png")
    assert "immutable" in picture.headers["cache-control"]
    assert picture.headers["x-content-type-options"] == "nosniff"
    again = await api.anyone().ask(
        "GET", f"/cdn/avatars/7/{name}.png", headers={"If-None-Match": picture.headers["etag"]}
    )
    assert again.status_code == 304
    part = await api.anyone().ask("GET", f"/cdn/avatars/7/{name}.png", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"\x89PNG")


@pytest.mark.parametrize("uri", ["nonsense", "data:image/png;base64,AAAA", "data:text/html;base64,PGI+", PNG[:60]])
async def test_what_is_no_picture_is_refused(api, uri):
    ada = await api.person("ada")
    assert await ada.refused("PATCH", "/users/@me", {"avatar": uri}) == (400, 50046)


async def test_a_claim_link_lets_the_first_administrator_in_once(api):
    admin = await api.community.accounts.first_administrator()
    token = await api.community.accounts.link(admin.id, "claim")
    caller = api.anyone()
    user = (await caller.ok("POST", "/auth/claim", {"token": token}))["user"]
    assert user["is_administrator"] is True
    assert user["has_password"] is False
    assert await api.anyone().refused("POST", "/auth/claim", {"token": token}) == (404, 10012)
    assert (await api.community.accounts.first_administrator()).id == admin.id
    await caller.ok("PATCH", "/users/@me", {"username": "boss", "password": PASSWORD})
    assert await api.community.accounts.first_administrator() is None


async def test_a_reset_link_sets_a_password_and_ends_every_session(api):
    ada = await api.person("ada")
    token = await api.community.accounts.link(int(ada.id), "reset")
    short = await api.anyone().ask("POST", "/auth/reset", {"token": token, "password": "short"})
    assert "password" in short.json()["errors"]
    fresh = api.anyone()
    await fresh.ok("POST", "/auth/reset", {"token": token, "password": "another password"})
    assert await ada.refused("GET", "/users/@me") == (401, 40001)
    await fresh.ok("GET", "/users/@me")


async def test_an_expired_link_is_unknown(api):
    ada = await api.person("ada")
    token = await api.community.accounts.link(int(ada.id), "reset")
    api.clock.advance(25 * 3600)
    assert await api.anyone().refused("POST", "/auth/reset", {"token": token, "password": PASSWORD}) == (404, 10012)


async def test_a_disabled_account_is_shut_out_at_once(api):
    ada = await api.person("ada")
    account = await api.community.accounts.by_username("ada")
    await api.community.accounts.set_disabled(account, disabled=True)
    assert await ada.refused("GET", "/users/@me") == (401, 40001)
    assert await ada.refused("POST", "/auth/login", {"login": "ada", "password": PASSWORD}) == (401, 40001)


async def test_settings_merge_and_are_bounded(api):
    ada = await api.person("ada")
    await ada.ok("PATCH", "/users/@me/settings", {"theme": "dark", "density": "compact"})
    merged = await ada.ok("PATCH", "/users/@me/settings", {"density": None, "locale": "de"})
    assert merged == {"theme": "dark", "locale": "de"} == await ada.ok("GET", "/users/@me/settings")
    assert await ada.refused("PATCH", "/users/@me/settings", {"big": "x" * 17_000}) == (400, 50035)


async def test_a_profile_shows_mutual_guilds_and_the_membership_asked_for(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob)
    card = await ada.ok("GET", f"/users/{bob.id}/profile?guild_id={guild['id']}")
    assert card["mutual_guilds"] == [guild["id"]]
    assert card["member"]["user"]["id"] == bob.id
    stranger = await eve.ok("GET", f"/users/{bob.id}/profile?guild_id={guild['id']}")
    assert (stranger["mutual_guilds"], stranger["member"]) == ([], None)


@pytest.mark.parametrize(
    ("policy", "invited", "status"), [("closed", True, 403), ("invite", False, 403), ("invite", True, 201)]
)
async def test_the_registration_policy_holds(tmp_path, policy, invited, status):
    async with community_api(tmp_path, registration=policy) as api:
        owner = await api.community.accounts.create("owner", password=PASSWORD, administrator=False)
        caller = api.anyone()
        await caller.ok("POST", "/auth/login", {"login": "owner", "password": PASSWORD})
        caller.user = {"id": str(owner.id)}
        guild = await api.guild(caller)
        invite = await caller.ok("POST", f"/channels/{guild['text']}/invites", {})
        form = {"username": "newcomer", "password": PASSWORD}
        if invited:
            form["invite"] = invite["code"]
        newcomer = api.anyone()
        answer = await newcomer.ask("POST", "/auth/register", form)
        assert answer.status_code == status
        if status == 201:
            assert [each["id"] for each in await newcomer.ok("GET", "/users/@me/guilds")] == [guild["id"]]


async def test_a_deluge_of_passwords_is_turned_away(api):
    passwords = api.community.accounts._passwords
    passwords._room = 0
    answer = await api.anyone().ask("POST", "/auth/login", {"login": "ada", "password": PASSWORD})
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_what_has_expired_is_swept_away(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    await ada.ok("POST", f"/channels/{guild['text']}/invites", {"max_age": 60})
    await api.community.accounts.link(int(ada.id), "reset")
    assert await api.community.accounts.sweep() == 0
    api.clock.advance(91 * 86_400)
    assert await api.community.accounts.sweep() == 3
