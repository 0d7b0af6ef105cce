"""The served OpenAPI is true: no request made from it breaks the server, and every answer is as it says."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from servers.hubbub_process import HubbubProcess
from servers.person import Person

DOCUMENT = "/api/v10/openapi.json"
EXAMPLES = 5
BUDGET_S = 75.0
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# These end the very session or guild that the other requests need; the unit tests of the community cover them.
ENDINGS = {
    ("POST", "/auth/logout"),
    ("DELETE", "/users/@me/sessions/{session_id}"),
    ("DELETE", "/users/@me/guilds/{guild_id}"),
    ("DELETE", "/guilds/{guild_id}"),
    ("DELETE", "/channels/{channel_id}"),
}


class World(NamedTuple):
    """Real things for the requests to name."""

    server: HubbubProcess
    person: requests.Session
    bot: requests.Session
    ids: dict[str, str]


async def build(server: HubbubProcess) -> tuple[Person, str, dict[str, str]]:
    person = await Person.register(server.url, "olive")
    guild_id, channel_id = await person.make_guild("The Library")
    message = await person.say(channel_id, "a message")
    role = await person.post(f"/guilds/{guild_id}/roles", {"name": "reader"})
    bot = await server.command("bot", "create", "clerk", "--guild", guild_id)
    return (
        person,
        str(bot["token"]),
        {
            "guild_id": guild_id,
            "channel_id": channel_id,
            "message_id": message["id"],
            "role_id": role["id"],
            "user_id": person.id,
            "application_id": str(bot["application_id"]),
        },
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server of its own: what the requests do to it is nobody else's business."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    server = HubbubProcess(folder, settings={"HUBBUB_COMMUNITY_RATE_LIMITS": "false"})
    with asyncio.Runner() as runner:
        runner.run(server.start())
        person, token, ids = runner.run(build(server))
        with requests.Session() as session, requests.Session() as bot:
            session.headers.update({"X-Hubbub-Client": "tests", "Origin": server.url, "Cookie": person.cookie})
            bot.headers["Authorization"] = f"Bot {token}"
            yield World(server, session, bot, ids)
        runner.run(person.close())
        runner.run(server.kill())


def operations(document: dict[str, Any], url: str) -> list[Any]:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    found = [result.ok() for result in schema.get_all_operations()]
    kept = [each for each in found if (each.method.upper(), each.path.removeprefix("/api/v10")) not in ENDINGS]
    # What deletes comes last, so that the others find things.
    return sorted(kept, key=lambda each: each.method.upper() == "DELETE")


def ask(world: World, case: Any) -> Any:
    """Send a request as the person, or as the bot where only bots may; made-up credentials are taken out."""
    case.headers = {name: value for name, value in (case.headers or {}).items() if name.lower() != "authorization"}
    case.cookies = {}
    response = case.call(session=world.person, base_url=world.server.url, timeout=20)
    if response.status_code == requests.codes.forbidden and response.json().get("error") == "access.bots_only":
        response = case.call(session=world.bot, base_url=world.server.url, timeout=20)
    return response


@pytest.mark.timeout(240)
def test_no_request_breaks_the_server_and_answers_are_as_described(world: World) -> None:
    document = world.person.get(world.server.url + DOCUMENT, timeout=20).json()
    every = operations(document, world.server.url)
    assert len(every) > 60
    started = time.monotonic()
    problems: dict[str, str] = {}
    asked = 0
    answered: Counter[int] = Counter()

    def judge(case: Any) -> None:
        nonlocal asked
        if time.monotonic() - started > BUDGET_S:
            return
        asked += 1
        response = ask(world, case)
        answered[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except Exception as error:  # noqa: BLE001 - every operation is judged before the verdict
            # Noted rather than raised: the data that broke it once need not break it again.
            problems[f"{case.method} {case.path} ({case.meta.generation.mode.value})"] = str(error)[:1500]

    for operation in every:
        names = {parameter.name for parameter in operation.path_parameters}
        known = {name: value for name, value in world.ids.items() if name in names}
        if time.monotonic() - started > BUDGET_S:
            break
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode, **({"path_parameters": known} if known else {}))
            test = settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(hypothesis.given(case=strategy)(judge))
            try:
                test()
            except (hypothesis.errors.Unsatisfiable, hypothesis.errors.FlakyStrategyDefinition):
                # What could be drawn was asked and judged; the generator sometimes contradicts itself.
                continue
    assert not problems, f"{len(problems)} of {len(every)} operations:\n\n" + "\n\n".join(
        f"## {name}\n{problem}" for name, problem in problems.items()
    )
    assert asked > len(every)
    assert answered[200] > asked / 10, answered
    assert not answered[401] > asked / 10, answered
