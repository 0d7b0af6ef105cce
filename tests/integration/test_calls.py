"""The call inspector of a real server: by REST for administrators, by command for whoever runs it."""

from __future__ import annotations

import httpx
import pytest

from doubles.call_seed import seed_calls
from servers.hubbub_process import HubbubProcess
from servers.person import Person

CALLS = "/api/operator/calls"


@pytest.fixture
async def server(tmp_path):
    async with HubbubProcess(tmp_path) as process:
        yield process


async def test_only_administrators_look_at_calls(server):
    async with (
        httpx.AsyncClient(base_url=server.url) as anyone,
        await Person.register(server.url, "visitor") as visitor,
        await Person.register(server.url, "warden") as warden,
    ):
        await server.command("admin", "user", "grant", "warden")
        assert (await anyone.get(CALLS)).status_code == 401
        refused = await visitor.http.get(f"{server.url}{CALLS}", headers={"Cookie": visitor.cookie})
        assert (refused.status_code, refused.json()["error"]) == (403, "app.not_operator")
        answer = await warden.http.get(f"{server.url}{CALLS}", headers={"Cookie": warden.cookie})
        assert (answer.status_code, answer.json()) == (200, {"calls": [], "before": None})


async def test_calls_are_found_and_explained_from_the_command_line(server):
    await seed_calls(server.folder / "data" / "hubbub.db")
    found = (await server.command("calls", "list"))["calls"]
    assert [call["title"] for call in found] == ["Lounge", "Quiet corner", "Band practice"]
    assert [call["cause"] for call in found] == ["congestion", "fine", "loss"]
    bad = (await server.command("calls", "list", "lantern", "--state", "past", "--quality", "bad"))["calls"]
    assert [call["title"] for call in bad] == ["Band practice"]
    shown = await server.command("calls", "show", bad[0]["id"])
    assert shown["verdict"]["sentence"].startswith("Of what Ada sent, ")
    assert [person["name"] for person in shown["people"]] == ["Ada", "Grace", "Edith"]
    assert shown["people_left_out"] == 0


async def test_the_record_outlives_the_server_and_can_be_read_without_it(server):
    await seed_calls(server.folder / "data" / "hubbub.db")
    assert await server.stop() == 0
    found = (await server.command("calls", "list", "--quality", "fair"))["calls"]
    assert found == []
    found = (await server.command("calls", "list", "grace"))["calls"]
    assert [call["title"] for call in found] == ["Lounge", "Band practice"]
    await server.start()
    # The call that went on was this node's, whose process ended.
    assert (await server.command("calls", "list", "--state", "live"))["calls"] == []
