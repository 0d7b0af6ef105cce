"""Rate limits as clients of the API know them: every header on every answer, and a refusal that says how to go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio

from servers.hubbub_process import HubbubProcess
from servers.person import Json, Person

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

HEADERS = ("limit", "remaining", "reset", "reset-after", "bucket")
PER_SECOND = 20


class Place(NamedTuple):
    """A guild of two channels with a bot in it, whose requests are not waited for."""

    server: HubbubProcess
    person: Person
    bot: httpx.AsyncClient
    facts: Json
    channel_id: str
    other_channel_id: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    settings = {"HUBBUB_COMMUNITY_REQUESTS_PER_SECOND": str(PER_SECOND)}
    server = HubbubProcess(tmp_path_factory.mktemp("server"), settings=settings)
    async with server, await Person.register(server.url, "ada") as person:
        guild_id, channel_id = await person.make_guild("The Turnstile")
        other = await person.post(f"/guilds/{guild_id}/channels", {"name": "other"})
        facts = await server.command("bot", "create", "counter", "--guild", guild_id)
        headers = {"Authorization": f"Bot {facts['token']}"}
        async with httpx.AsyncClient(base_url=f"{server.url}/api/v10", headers=headers) as bot:
            yield Place(server, person, bot, facts, channel_id, other["id"])


def window(response: httpx.Response) -> dict[str, str]:
    """Return the rate limit's headers, all of which must be there."""
    found = {name: response.headers[f"x-ratelimit-{name}"] for name in HEADERS}
    assert 0 <= int(found["remaining"]) < int(found["limit"])
    assert abs(float(found["reset"]) - time.time() - float(found["reset-after"])) < 2.0
    return found


async def send(place: Place, channel_id: str) -> httpx.Response:
    return await place.bot.post(f"/channels/{channel_id}/messages", json={"content": "."})


async def until_window_is_new(place: Place, channel_id: str) -> None:
    """Wait until the bucket of messages is full again."""
    left = window(await send(place, channel_id))
    await asyncio.sleep(float(left["reset-after"]) + 0.05)


async def test_every_answer_carries_the_whole_set(place: Place) -> None:
    guild_id, channel_id = place.facts["guild_id"], place.channel_id
    requests = [
        ("GET", "/users/@me", None, 200),
        ("GET", "/gateway/bot", None, 200),
        ("GET", f"/guilds/{guild_id}", None, 200),
        ("GET", f"/channels/{channel_id}/messages", None, 200),
        ("POST", f"/channels/{channel_id}/messages", {"content": "x"}, 200),
        ("POST", f"/channels/{channel_id}/messages", {"content": 5}, 400),
        ("POST", f"/channels/{channel_id}/typing", None, 204),
        ("GET", f"/channels/{channel_id}/messages/5", None, 404),
        ("PATCH", f"/guilds/{guild_id}", {"name": "mine"}, 403),
        ("POST", "/webhooks/5/no-token", {"content": "x"}, 404),
    ]
    for method, path, body, status in requests:
        response = await place.bot.request(method, path, json=body)
        assert response.status_code == status, response.text
        window(response)


async def test_answers_to_interactions_have_no_bucket(place: Place) -> None:
    response = await place.bot.post("/interactions/5/no-token/callback", json={"type": 5})
    assert response.status_code == 404
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


async def test_a_bucket_counts_down_in_its_own_channel(place: Place) -> None:
    await until_window_is_new(place, place.channel_id)
    first, second = window(await send(place, place.channel_id)), window(await send(place, place.channel_id))
    other = window(await send(place, place.other_channel_id))
    assert int(second["remaining"]) == int(first["remaining"]) - 1
    assert float(second["reset-after"]) <= float(first["reset-after"])
    # The bucket's name is the route's, whichever channel it counts in.
    assert first["bucket"] == second["bucket"] == other["bucket"]
    assert int(other["remaining"]) == int(other["limit"]) - 1
    reading = window(await place.bot.get(f"/channels/{place.channel_id}/messages"))
    assert reading["bucket"] != first["bucket"]


async def test_a_bucket_that_is_empty_says_when_it_is_full_again(place: Place) -> None:
    await until_window_is_new(place, place.channel_id)
    limit = int(window(await send(place, place.channel_id))["limit"])
    answers = [await send(place, place.channel_id) for _ in range(limit)]
    assert [answer.status_code for answer in answers] == [200] * (limit - 1) + [429]
    refused = answers[-1]
    body = refused.json()
    assert (body["global"], refused.headers["x-ratelimit-scope"]) == (False, "user")
    assert refused.headers["content-type"] == "application/json"
    assert refused.headers["via"]
    assert body["message"]
    assert float(window(refused)["reset-after"]) == pytest.approx(body["retry_after"], abs=0.05)
    assert int(refused.headers["retry-after"]) >= body["retry_after"]
    assert (await send(place, place.other_channel_id)).status_code == 200
    await asyncio.sleep(body["retry_after"] + 0.01)
    assert (await send(place, place.channel_id)).status_code == 200


async def test_all_routes_together_have_a_limit_too(place: Place) -> None:
    paths = ["/users/@me", f"/guilds/{place.facts['guild_id']}", f"/channels/{place.channel_id}", "/gateway/bot"]
    requests = [place.bot.get(paths[number % len(paths)]) for number in range(3 * PER_SECOND)]
    answers = await asyncio.gather(*requests)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    for answer in refused:
        body = answer.json()
        assert body["global"] is True
        assert (answer.headers["x-ratelimit-global"], answer.headers["x-ratelimit-scope"]) == ("true", "global")
        assert answer.headers["via"]
        assert 0 < body["retry_after"] <= 1.0
        assert answer.headers["retry-after"] == "1"
    # A person's requests have a count of their own.
    assert (await place.person.request("GET", "/users/@me")).status_code == 200
    await asyncio.sleep(1.05)
    assert (await place.bot.get("/users/@me")).status_code == 200
