"""What somebody meets who starts, uses, stops and operates a server by its commands."""

from __future__ import annotations

import asyncio
import json
import re
import socket

import httpx
import pytest

from servers.hubbub_process import COMMAND, HubbubProcess, free_port
from servers.person import Person

pytestmark = pytest.mark.timeout(120)


async def failing(server: HubbubProcess, *arguments: str, **environment: str) -> str:
    """Return what a command that must fail writes on standard error."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=server.folder,
        env={**server.environment, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode != 0
    return errors.decode()


async def claim_of(server: HubbubProcess, starts: int) -> str:
    """Return the token that the server's `starts`-th start printed."""
    async with asyncio.timeout(10):
        while len(found := re.findall(r"#claim=(\S+)", server.log)) < starts:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.05)
    return str(found[starts - 1])


@pytest.fixture
async def own(tmp_path):
    """A server of this test alone, not yet started."""
    process = HubbubProcess(tmp_path)
    tmp_path.mkdir(exist_ok=True)
    yield process
    await process.kill()


async def test_sign_up_guild_and_message_survive_a_stop_and_a_start(own):
    await own.start()
    async with await Person.register(own.url, "ada") as ada:
        _, channel_id = await ada.make_guild("The Lighthouse")
        said = await ada.say(channel_id, "Is anyone there?")
        assert await own.stop() == 0
        await own.start()
        history = await ada.get(f"/channels/{channel_id}/messages")
    assert [message["id"] for message in history] == [said["id"]]


async def test_a_stop_takes_seconds_with_people_connected(own):
    await own.start()
    async with await Person.register(own.url, "ada") as ada, ada.gateway():
        async with asyncio.timeout(8):
            assert await own.stop() == 0


async def test_the_printed_link_opens_the_first_administrators_account(own):
    await own.start()
    first = await claim_of(own, 1)
    await own.stop()
    await own.start()
    second = await claim_of(own, 2)
    assert second != first
    async with httpx.AsyncClient(base_url=f"{own.url}/api/v10", headers={"X-Hubbub-Client": "tests"}) as client:
        assert (await client.post("/auth/claim", json={"token": first})).status_code == 404
        answer = await client.post("/auth/claim", json={"token": second})
    assert answer.status_code == 200
    assert answer.json()["user"]["is_administrator"] is True


async def test_a_link_is_printed_no_more_once_the_administrator_has_a_password(own):
    await own.command("admin", "user", "create", "root", "--administrator")
    link = await own.command("admin", "user", "reset-password", "root")
    await own.start()
    token = str(link["link"]).partition("#reset=")[2]
    async with httpx.AsyncClient(base_url=f"{own.url}/api/v10", headers={"X-Hubbub-Client": "tests"}) as client:
        answer = await client.post("/auth/reset", json={"token": token, "password": "a long enough password"})
        assert answer.status_code == 200
    await own.stop()
    (own.folder / "server.log").unlink()
    await own.start()
    assert "#claim=" not in own.log


async def test_the_page_health_and_metrics_are_served_on_the_one_port(server):
    async with httpx.AsyncClient(base_url=server.url) as client:
        page = await client.get("/")
        health = (await client.get("/healthz")).json()
        metrics = await client.get("/metrics")
        nothing = await client.get("/api/v10/nowhere")
    assert page.status_code in {200, 503}
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert health["healthy"] is True
    assert {"community", "gateway", "relay"} <= {line["engine"] for line in health["engines"]}
    assert "# HELP" in metrics.text
    assert nothing.status_code == 404
    assert nothing.headers["content-type"] == "application/json"


async def test_operations_pages_are_closed_to_other_machines(own):
    own.settings["HUBBUB_TRUSTED_PROXIES"] = "127.0.0.1"
    await own.start()
    async with httpx.AsyncClient(base_url=own.url, headers={"X-Forwarded-For": "203.0.113.7"}) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 403
    assert answer.json()["error"] == "app.not_operator"


async def test_a_taken_port_is_told_and_nothing_is_touched(own):
    with socket.create_server(("127.0.0.1", own.port)):
        errors = await failing(own, "up")
    assert f"Port {own.port} on 127.0.0.1 is taken" in errors
    assert "Traceback" not in errors


async def test_two_servers_on_one_data_folder_are_refused(server):
    errors = await failing(server, "up", HUBBUB_PORT=str(free_port()))
    assert "already works on" in errors


@pytest.mark.parametrize(
    ("arguments", "settings", "sentence"),
    [
        (("up",), {"HUBBUB_PORT": "many"}, "HUBBUB_PORT is 'many'; accepted is a whole number from 0 to 65535."),
        (("up", "--roles", "edge"), {}, "There is no role called 'edge'"),
        (("up",), {"HUBBUB_RECORDS": "postgresql://nobody@127.0.0.1:1/none"}, "The database cannot be used"),
        (("bench", "nothing"), {}, "There is no benchmark called 'nothing'"),
    ],
)
async def test_what_cannot_work_says_so_in_one_sentence(own, arguments, settings, sentence):
    errors = await failing(own, *arguments, **settings)
    assert sentence in errors.replace("\n", " ")
    assert "Traceback" not in errors


async def test_a_running_server_does_what_commands_ask_at_once(server):
    made = await server.command("bot", "create", "helper")
    assert {"token", "application_id", "user_id", "guild_id", "channel_id", "voice_channel_id"} <= made.keys()
    async with httpx.AsyncClient(base_url=f"{server.url}/api/v10") as client:
        answer = await client.get("/users/@me", headers={"Authorization": f"Bot {made['token']}"})
    assert answer.json()["id"] == made["user_id"]
    async with await Person.register(server.url, "grace") as grace:
        await server.command("admin", "user", "disable", "grace")
        assert (await grace.request("GET", "/users/@me")).status_code == 401
    listed = await server.command("admin", "user", "list", "grace")
    assert [user["disabled"] for user in listed["users"]] == [True]


async def test_commands_do_the_same_while_no_server_runs(own):
    made = await own.command("bot", "create", "helper")
    guilds = await own.command("admin", "guild", "list")
    assert [guild["id"] for guild in guilds["guilds"]] == [made["guild_id"]]
    await own.start()
    async with httpx.AsyncClient(base_url=f"{own.url}/api/v10") as client:
        answer = await client.get(f"/channels/{made['channel_id']}", headers={"Authorization": f"Bot {made['token']}"})
    assert answer.status_code == 200


async def test_the_demonstration_is_filled_once(own):
    await own.start()
    first = await own.command("demo")
    again = await own.command("demo")
    assert first["messages_written"] > 100
    assert again["messages_written"] == 0
    assert again["guilds"] == first["guilds"] == 4


async def test_the_doctor_names_what_it_looked_at(own):
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "doctor", "--json", cwd=own.folder, env=own.environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    findings = {finding["what"]: finding for finding in json.loads(output)}
    assert findings["Python"]["state"] == "ok"
    assert {"Node", "data folder", "port", "records", "clock"} <= findings.keys()


@pytest.fixture
async def on_postgresql(own, postgres_url):
    """A server of this test alone that keeps its records in PostgreSQL."""
    own.settings["HUBBUB_RECORDS"] = postgres_url
    return own


async def test_the_same_server_runs_on_postgresql_and_survives_a_kill(on_postgresql):
    await on_postgresql.start()
    async with await Person.register(on_postgresql.url, "ada") as ada:
        _, channel_id = await ada.make_guild("The Lighthouse")
        async with ada.gateway() as gateway:
            said = await ada.say(channel_id, "Is anyone there?")
            await gateway.wait_for("MESSAGE_CREATE", lambda message: message["id"] == said["id"])
        await on_postgresql.kill()
        await on_postgresql.start()
        history = await ada.get(f"/channels/{channel_id}/messages")
    assert [message["id"] for message in history] == [said["id"]]
