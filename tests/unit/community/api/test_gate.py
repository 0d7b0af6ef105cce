"""The gate before every route: credentials, origins, rate limits, the form of errors."""

import asyncio
import base64

import pytest

from doubles.community_api import PUBLIC_URL, Caller, community_api
from hubbub.community.service.authentication import hash_of
from hubbub.events.contracts import events


@pytest.fixture
async def api(tmp_path):
    async with community_api(tmp_path) as made:
        yield made


@pytest.fixture
async def limited(tmp_path):
    async with community_api(tmp_path, rate_limits=True) as made:
        yield made


async def test_a_bot_is_known_by_its_token_and_the_token_names_it(api):
    bot = await api.bot(await api.person("ada"))
    token = bot.headers["Authorization"].removeprefix("Bot ")
    head = token.split(".")[0]
    assert base64.b64decode(head + "=" * (-len(head) % 4)).decode() == bot.id
    assert (await bot.ok("GET", "/users/@me"))["bot"] is True


@pytest.mark.parametrize(
    "authorization",
    ["Bot x", "Bot a.b.c", "Bearer abc", "Bot", "Bot MTIz.AAAA.AAAA", b"Bot \xff.\xff", "Bot " + "9" * 500 + ".a"],
)
async def test_a_wrong_token_is_nobody(api, authorization):
    caller = Caller(api.app, {"Authorization": authorization})
    answer = await caller.ask("GET", "/users/@me")
    assert answer.status_code == 401
    assert answer.json()["code"] == 40001
    assert "www-authenticate" in answer.headers


async def test_a_reset_token_is_worthless_at_once(api):
    ada = await api.person("ada")
    bot = await api.bot(ada)
    fresh = await ada.ok("POST", f"/applications/{bot.id}/bot/reset")
    assert await bot.refused("GET", "/users/@me") == (401, 40001)
    revoked = [event for event in await api.told() if isinstance(event, events.SessionRevoked)]
    assert [(event.user_id, event.session_id) for event in revoked] == [(int(bot.id), None)]
    bot.headers["Authorization"] = f"Bot {fresh['token']}"
    await bot.ok("GET", "/users/@me")


async def test_a_credential_revoked_while_it_is_looked_up_is_not_remembered(api):
    ada = await api.person("ada")
    authentication = api.community.authentication
    secret = ada.headers["Cookie"].partition("=")[2]
    authentication.forget_user(int(ada.id))
    looking_up = asyncio.ensure_future(authentication.session(secret))
    await asyncio.sleep(0)
    authentication.forget_user(int(ada.id))
    await looking_up
    assert authentication._known(hash_of(secret)) is None
    await authentication.session(secret)
    assert authentication._known(hash_of(secret)) is not None


async def test_routes_for_people_and_for_bots_are_kept_apart(api):
    ada = await api.person("ada")
    bot = await api.bot(ada)
    assert await bot.refused("GET", "/users/@me/settings") == (403, 20001)
    assert await ada.refused("GET", "/gateway/bot") == (403, 20002)


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, False),
        ({"X-Hubbub-Client": "web"}, True),
        ({"X-Hubbub-Client": "web", "Origin": PUBLIC_URL}, True),
        ({"X-Hubbub-Client": "web", "Origin": "https://evil.example"}, False),
        ({"X-Hubbub-Client": "web", "Origin": "null"}, False),
        ({"Origin": PUBLIC_URL}, False),
    ],
)
async def test_a_cookie_changes_things_only_from_our_own_pages(api, headers, passes):
    ada = await api.person("ada")
    ada.headers = {"Cookie": ada.headers["Cookie"], **headers}
    answer = await ada.ask("POST", "/guilds", {"name": "Garden"})
    assert (answer.status_code, answer.json().get("code")) == ((201, None) if passes else (403, 50067))
    await ada.ok("GET", "/users/@me")


@pytest.mark.parametrize(
    ("host", "name"), [("127.0.0.1:8080", "__Host-hubbub"), ("localhost", "__Host-hubbub"), ("10.0.0.5:8080", "hubbub")]
)
async def test_the_cookie_is_as_strict_as_the_address_allows(api, host, name):
    form = {"username": "ada", "password": "correct horse"}
    answer = await api.anyone().ask("POST", "/auth/register", form, headers={"Host": host, "Origin": f"http://{host}"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{name}=")
    assert "HttpOnly; SameSite=Lax" in cookie
    assert ("; Secure" in cookie) == (name == "__Host-hubbub")


async def test_a_bucket_tells_what_is_left_and_refuses_when_empty(limited):
    bot = await limited.bot(await limited.person("ada"))
    first = await bot.ask("GET", "/users/@me")
    assert first.headers["x-ratelimit-limit"] == "100"
    left = int(first.headers["x-ratelimit-remaining"])
    assert 0 < float(first.headers["x-ratelimit-reset-after"]) <= 10
    assert first.headers["x-ratelimit-bucket"]
    for _ in range(left):
        assert (await bot.ask("GET", "/users/@me")).status_code == 200
        limited.clock.advance(0.03)
    held = await bot.ask("GET", "/users/@me")
    assert held.status_code == 429
    assert held.headers["via"]
    assert held.headers["content-type"] == "application/json"
    assert held.headers["x-ratelimit-remaining"] == "0"
    assert held.headers["x-ratelimit-scope"] == "user"
    assert held.json()["global"] is False
    assert held.json()["retry_after"] > 0
    assert (await bot.ask("GET", "/gateway/bot")).status_code == 200
    limited.clock.advance(10)
    assert (await bot.ask("GET", "/users/@me")).status_code == 200


async def test_follow_ups_of_one_interaction_hold_up_no_others(limited):
    caller = limited.anyone()
    first = [await caller.ask("POST", "/webhooks/5/one", {"content": "x"}) for _ in range(2)]
    other = await caller.ask("POST", "/webhooks/5/other", {"content": "x"})
    assert [answer.headers["x-ratelimit-remaining"] for answer in (*first, other)] == ["4", "3", "4"]


async def test_the_global_limit_counts_every_route(limited):
    bot = await limited.bot(await limited.person("ada"))
    limited.clock.advance(1)
    answers = [await bot.ask("GET", "/users/@me" if turn % 2 else "/gateway/bot") for turn in range(51)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["x-ratelimit-global"] == "true"
    assert answers[-1].json()["global"] is True


async def test_an_address_that_is_refused_too_often_is_turned_away(tmp_path):
    async with community_api(tmp_path, rate_limits=True, invalid_requests_max=5) as api:
        caller = api.anyone()
        for _ in range(5):
            assert (await caller.ask("GET", "/users/@me")).status_code == 401
        turned = await caller.ask("GET", "/instance")
        assert turned.status_code == 429
        api.clock.advance(601)
        assert (await caller.ask("GET", "/instance")).status_code == 200


async def test_what_is_not_there_is_told_in_the_one_form(api):
    ada = await api.person("ada")
    assert await ada.refused("GET", "/nowhere") == (404, 0)
    wrong = await ada.ask("PATCH", "/gateway")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, OPTIONS")
    assert await ada.refused("GET", "/users/abc") == (400, 50035)
    assert await ada.refused("GET", f"/users/{2**70}") == (400, 50035)
    assert await ada.refused("GET", "/users/1") == (404, 10013)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{bad", "application/json", (400, 50109)),
        (b"\xff\xfe", "application/json", (400, 50109)),
        (b"[]", "application/json", (400, 50035)),
        (b'{"name": "Garden"}', "text/plain", (415, 50035)),
        (b'{"name": "Garden"}', "multipart/form-data; boundary=x", (415, 50035)),
        (b"", "application/json", (400, 50035)),
        (b'{"name": 5}', "application/json", (400, 50035)),
        (b'{"name": "a\\ud800b"}', "application/json", (400, 50109)),
        (b'{"name": "' + b"x" * 13_000_000 + b'"}', "application/json", (413, 40005)),
    ],
)
async def test_a_broken_body_is_refused_with_a_code(api, body, content_type, expected):
    ada = await api.person("ada")
    refused = await ada.refused("POST", "/guilds", content=body, headers={"Content-Type": content_type})
    assert refused == expected


async def test_numbers_and_booleans_come_as_clients_write_them(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    role = await ada.ok(
        "POST", f"/guilds/{guild['id']}/roles", {"permissions": 8, "hoist": 1, "mentionable": "true", "color": "255"}
    )
    assert (role["permissions"], role["hoist"], role["mentionable"], role["color"]) == ("8", True, True, 255)


async def test_another_sites_page_cannot_sign_its_visitor_in(api):
    form = {"username": "ada", "password": "correct horse"}
    assert await api.anyone().refused("POST", "/auth/register", form, headers={"Origin": "https://evil.example"}) == (
        403,
        50067,
    )


async def test_files_go_where_files_are_taken(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    path = f"/channels/{guild['text']}/messages"
    sent = await ada.ok("POST", path, data={"payload_json": '{"content": "x"}'}, files={"files[0]": b"y"})
    assert len(sent["attachments"]) == 1
    assert await ada.refused("POST", path, content=b"x", headers={"Content-Type": "text/plain"}) == (415, 50035)
