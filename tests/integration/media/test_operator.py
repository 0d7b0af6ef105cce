"""What operators of a real server see of media, and do about it: by REST for administrators, by command."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from doubles.pictures import encoded, photo
from integration.media.test_delivered import WAIT_S, Tenant, tenant_on
from servers.hubbub_process import HubbubProcess
from servers.person import Person
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

MEDIA = "/api/operator/media"
DAMAGED = b"\x89PNG\r\n\x1a\n" + bytes(12)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[HubbubProcess]:
    settings = {"HUBBUB_MEDIA_PRICE_STORED": "0.5", "HUBBUB_MEDIA_PRICE_CURRENCY": "EUR"}
    async with HubbubProcess(tmp_path, settings=settings) as process:
        yield process


@pytest.fixture
async def warden(server: HubbubProcess) -> AsyncIterator[Person]:
    async with await Person.register(server.url, "warden") as person:
        await server.command("admin", "user", "grant", "warden")
        yield person


async def sent_damaged(tenant: Tenant, server: HubbubProcess) -> None:
    """Upload a file that is given up, and wait until it is."""
    headers = {"Authorization": f"Bearer {tenant.key['bearer']}", "Tus-Resumable": "1.0.0"}
    announced = {**headers, "Upload-Length": "20", "Content-Type": "application/offset+octet-stream"}
    made = await tenant.http.post(tenant.key["url"], headers=announced, content=DAMAGED)
    url = f"{server.url}{made.headers['location']}"

    async def is_parked() -> bool:
        return (await tenant.http.get(url, headers=headers)).json()["state"] == "parked"

    await until(is_parked, within_s=WAIT_S, every_s=0.1)


async def test_only_administrators_look_at_media(server: HubbubProcess, warden: Person) -> None:
    async with (
        httpx.AsyncClient(base_url=server.url) as anyone,
        await Person.register(server.url, "visitor") as visitor,
    ):
        assert (await anyone.get(MEDIA)).status_code == 401
        refused = await visitor.http.get(f"{server.url}{MEDIA}", headers={"Cookie": visitor.cookie})
        assert (refused.status_code, refused.json()["error"]) == (403, "app.not_operator")
        assert refused.json()["message"].startswith("Media can be looked at")
        answer = await warden.http.get(f"{server.url}{MEDIA}", headers={"Cookie": warden.cookie})
        assert answer.status_code == 200
        assert (answer.json()["parked"], answer.json()["kept"]) == ([], [])
        posted = await anyone.post(MEDIA, headers={"Cookie": warden.cookie})
        assert posted.status_code == 403  # not from a page of ours


async def test_a_report_tells_how_pictures_were_found_and_what_they_cost(server: HubbubProcess) -> None:
    async with httpx.AsyncClient(timeout=60.0) as http:
        tenant = await tenant_on(server, http)
        url = (await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg"))["url"]
        size_bytes = sum([len((await http.get(url)).content) for _ in range(3)])
        plain = await tenant.sent(b"word", "note.txt")
        await http.get(plain["url"])
        report: dict[str, Any] = await server.command("media", "report")
        assert report["process"]["variants"]["rendered"] == 1
        counted = report["process"]["delivered_bytes"]
        assert counted["picture"] + counted["hot"] == size_bytes
        assert (counted["original"], report["process"]["deliveries"]["original"]) == (4, 1)
        assert report["process"]["cpu_s"]["inspect"] > 0
        assert {each["name"] for each in report["kept"]} == {"original", "mezzanine", "variant"}
        stored = report["costs"][0]
        assert (stored["price"], report["currency"]) == (0.5, "EUR")
        assert stored["cost"] == pytest.approx(sum(each["size_bytes"] for each in report["kept"]) / 1e9 * 0.5)
        told = (await http.get(f"{server.url}/metrics")).text
        assert 'hubbub_media_variants_total{outcome="rendered"} 1.0' in told
        assert 'hubbub_media_delivered_bytes_total{what="original"} 4.0' in told
    assert await server.stop() == 0
    without = await server.command("media", "report")
    assert without["process"] is None
    # What was done is told after the server's end too, and by a server that starts now.
    assert without["month"] == report["month"]
    assert without["month"]["variants"]["rendered"] == 1
    assert without["costs"] == report["costs"]
    assert without["kept"] == report["kept"]


async def test_a_photo_that_nobody_asks_for_is_recompressed_and_still_shown(server: HubbubProcess) -> None:
    content = encoded(photo(1280, 960), "JPEG", quality=90)

    def rows(statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(server.folder / "data" / "hubbub.db", timeout=30.0)) as records, records:
            return records.execute(statement).fetchall()

    async with httpx.AsyncClient(timeout=60.0) as http:
        url = (await (await tenant_on(server, http)).sent(content, "photo.jpg"))["url"]
        first = (await http.get(url)).content
        assert (await server.command("media", "cold", "--dry-run"))["files"] == 0
        rows("UPDATE media_assets SET seen_day = seen_day - 91")
        due = await server.command("media", "cold", "--dry-run")
        assert due == {
            "files": 1,
            "size_bytes": len(content),
            "photographs": 1,
            "photograph_bytes": len(content),
            "queued": 0,
        }
        assert (await server.command("media", "cold"))["queued"] == 1
        await until(lambda: bool(rows("SELECT 1 FROM media_cold")), within_s=WAIT_S, every_s=0.1)
        ((size_bytes, stored_bytes),) = rows("SELECT size_bytes, stored_bytes FROM media_cold")
        assert (size_bytes, stored_bytes < 0.9 * len(content)) == (len(content), True)
        assert rows("SELECT 1 FROM media_segments") == []
        assert rows("SELECT 1 FROM media_derived WHERE storage_class = 'variant'") == []
        assert rows("SELECT storage_class FROM media_assets") == [("cold",)]
        assert (await http.get(url)).content == first
    assert await server.stop() == 0
    assert rows("SELECT storage_class FROM media_assets") == [("hot",)]  # told at the latest when a server ends
    report: dict[str, Any] = await server.command("media", "report")
    assert {each["name"]: each["size_bytes"] for each in report["kept"]}["cold"] == stored_bytes
    assert report["saved_bytes"] == len(content) - stored_bytes


async def test_an_administrator_begins_given_up_work_anew_or_forgets_it(server: HubbubProcess, warden: Person) -> None:
    headers = {"Cookie": warden.cookie, "X-Hubbub-Client": "web"}
    async with httpx.AsyncClient(timeout=60.0) as http:
        await sent_damaged(await tenant_on(server, http), server)
        (job,) = (await http.get(f"{server.url}{MEDIA}", headers=headers)).json()["parked"]
        assert (job["code"], job["kind"]) == ("media.damaged", "inspect")
        requeue = f"{server.url}{MEDIA}/jobs/{job['id']}/requeue"
        assert (await http.post(requeue, headers={"Cookie": warden.cookie})).status_code == 403
        assert (await http.post(requeue, headers=headers)).status_code == 200

        async def is_parked() -> bool:
            return len((await server.command("media", "parked"))["parked"]) == 1

        await until(is_parked, within_s=WAIT_S, every_s=0.1)
        assert (await http.delete(requeue, headers=headers)).status_code == 405
        drop = requeue.removesuffix("/requeue")
        assert (await http.delete(drop, headers=headers)).status_code == 200
        assert (await http.get(f"{server.url}{MEDIA}", headers=headers)).json()["parked"] == []
        gone = await http.delete(drop, headers=headers)
        assert (gone.status_code, gone.json()["error"]) == (404, "media.job_unknown")
