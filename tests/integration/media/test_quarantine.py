"""A real server keeps listed pictures back, tells members so, and lets operators decide by page and by command."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw

from doubles.pictures import encoded
from servers.hubbub_process import HubbubProcess
from servers.person import Person
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.asyncio(loop_scope="module"),
]
REVIEW, MATCHES = "/api/operator/media/review", "/api/operator/media/matches"
WAIT_S = 60.0


def busy(seed: int, size: tuple[int, int]) -> Image.Image:
    chance, picture = random.Random(seed), Image.new("RGB", (800, 600), (90, 120, 150))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        left, top = chance.randrange(800), chance.randrange(600)
        box = (left, top, left + chance.randrange(20, 250), top + chance.randrange(20, 200))
        draw.rectangle(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return picture.resize(size)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HubbubProcess]:
    async with HubbubProcess(tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warden(server: HubbubProcess) -> AsyncIterator[Person]:
    async with await Person.register(server.url, "warden") as person:
        await server.command("admin", "user", "grant", "warden")
        yield person


async def send(person: Person, channel_id: str, content: bytes) -> httpx.Response:
    data, files = {"payload_json": json.dumps({"content": "look"})}, {"files[0]": ("a.jpg", content)}
    return await person.request("POST", f"/channels/{channel_id}/messages", data=data, files=files)


async def asked(person: Person, method: str, path: str, **more: Any) -> httpx.Response:
    return await person.http.request(method, f"{person.url}{path}", headers={"Cookie": person.cookie}, **more)


async def test_a_picture_goes_under_review_and_comes_back(server: HubbubProcess, warden: Person) -> None:
    _, channel_id = await warden.make_guild("Garden")
    sent = (await send(warden, channel_id, encoded(busy(1, (800, 600)), "PNG"))).json()
    (file,) = sent["attachments"]
    async with httpx.AsyncClient() as anyone:
        assert (await anyone.get(file["url"])).status_code == 200
        await server.command("media", "match", "add", file["id"], "--label", "case 7", "--action", "review")

        async def shown() -> dict[str, Any]:
            message = await warden.get(f"/channels/{channel_id}/messages/{sent['id']}")
            return dict(message["attachments"][0])

        async def is_under_review() -> bool:
            return bool((await shown())["media"]["state"] == "review")

        await until(is_under_review, within_s=WAIT_S, every_s=0.1)
        told = await shown()
        assert told["media"]["refusal_code"] == "media.under_review"
        assert "placeholder" not in told
        refused = await anyone.get(file["url"])
        assert (refused.status_code, refused.json()["error"]) == (403, "media.under_review")
        overview = (await asked(warden, "GET", REVIEW)).json()
        (case,) = overview["cases"]
        assert (case["label"], case["sender"], case["distance"], overview["held"]) == ("case 7", "warden", 0, 1)
        (use,) = [each for each in case["uses"] if each["kind"] == "message"]
        assert use["text"].startswith("Garden, #")
        assert use["path"].endswith(f"/{channel_id}/{sent['id']}")
        preview = await asked(warden, "GET", f"{REVIEW}/{case['id']}/preview")
        assert (preview.headers["content-type"], preview.headers["cache-control"]) == ("image/png", "no-store")
        assert (await asked(warden, "POST", f"{REVIEW}/{case['id']}/release")).json()["decided_by"] == "warden"
        again = await asked(warden, "DELETE", f"{REVIEW}/{case['id']}")
        assert (again.status_code, again.json()["error"]) == (409, "media.case_decided")

        async def is_ready() -> bool:
            return bool((await shown())["media"]["state"] == "ready")

        await until(is_ready, within_s=WAIT_S, every_s=0.1)
        assert (await shown())["placeholder"]
        assert (await anyone.get((await shown())["url"])).status_code == 200


async def test_a_blocked_picture_is_refused_by_its_field_and_deleted_by_command(
    server: HubbubProcess, warden: Person
) -> None:
    _, channel_id = await warden.make_guild("Yard")
    first = (await send(warden, channel_id, encoded(busy(2, (800, 600)), "PNG"))).json()
    await server.command("media", "match", "add", first["attachments"][0]["id"], "--label", "bad")
    async with await Person.register(server.url, "visitor") as visitor:
        _, theirs = await visitor.make_guild("Den")
        answer = await send(visitor, theirs, encoded(busy(2, (400, 300)), "JPEG", quality=60))
        assert answer.status_code == 400, answer.text
        (problem,) = answer.json()["errors"]["files"]["0"]["_errors"]
        assert (problem["code"], problem["message"]) == ("media.quarantined", "This picture is not allowed here.")
        for path in (REVIEW, MATCHES, f"{REVIEW}/1/preview"):
            assert (await asked(visitor, "GET", path)).status_code == 403

    async def are_held() -> bool:
        return len((await server.command("media", "quarantine", "list"))["cases"]) == 2  # type: ignore[arg-type]

    await until(are_held, within_s=WAIT_S, every_s=0.2)
    facts: Any = await server.command("media", "quarantine", "list")
    assert {each["sender"] for each in facts["cases"]} == {"visitor", "warden"}
    for case in facts["cases"]:
        await server.command("media", "quarantine", "delete", case["id"])
    decided: Any = await server.command("media", "quarantine", "list", "--decided")
    assert [each["state"] for each in decided["cases"]][:2] == ["deleted", "deleted"]
    assert decided["cases"][0]["decided_by"] == "command line"

    async def is_removed() -> bool:
        message = await warden.get(f"/channels/{channel_id}/messages/{first['id']}")
        return bool(message["attachments"][0]["media"].get("refusal_code") == "media.removed")

    await until(is_removed, within_s=WAIT_S, every_s=0.1)


def imported(server: HubbubProcess, text: str) -> subprocess.CompletedProcess[str]:
    listed: Path = server.folder / "list.csv"
    listed.write_text(text)
    command = [sys.executable, "-m", "hubbub", "media", "match", "import", str(listed)]
    return subprocess.run(
        command, env=server.environment, cwd=server.folder, capture_output=True, text=True, check=False, timeout=60
    )


async def test_lists_are_taken_and_what_is_wrong_with_them_is_named(server: HubbubProcess, warden: Person) -> None:
    text = f"hash,label,action\n{'a' * 64},one,review\nnonsense,two,block\n{'b' * 64},three,block\n"
    ended = await asyncio.to_thread(imported, server, text)
    assert (ended.returncode, ended.stdout) == (1, "2 added, 1 lines not taken\n")
    assert ended.stderr.startswith("line 3: There is no hash")
    posted = await asked(warden, "POST", MATCHES, json={"text": f"{'c' * 64}\nzz\n", "label": "four"})
    assert posted.json() == {"added": 1, "bad": [{"number": 2, "reason": "There is no hash of 64 hexadecimal digits."}]}
    found = (await asked(warden, "GET", f"{MATCHES}?query=FOUR")).json()["entries"]
    assert [(each["hash"], each["action"], each["added_by"]) for each in found] == [("c" * 64, "block", "warden")]
    for body, field in (({"text": "", "action": "burn"}, "action"), ({"label": 3}, "text")):
        wrong = await asked(warden, "POST", MATCHES, json=body)
        assert (wrong.status_code, field in wrong.text) == (400, True)
    assert (await asked(warden, "DELETE", f"{MATCHES}/{'c' * 64}")).json() == {"removed": "four"}
    assert (await asked(warden, "DELETE", f"{MATCHES}/{'c' * 64}")).status_code == 404
    assert (await asked(warden, "DELETE", f"{MATCHES}/abc")).status_code == 400
    assert (await asked(warden, "PUT", MATCHES)).status_code == 405
    assert (await asked(warden, "POST", f"{REVIEW}/99/release")).status_code == 404
    removed: Any = await server.command("media", "match", "remove", "a" * 64)
    assert removed["label"] == "one"
    left: Any = await server.command("media", "match", "list", "three")
    assert [each["hash"] for each in left["matches"]] == ["b" * 64]
