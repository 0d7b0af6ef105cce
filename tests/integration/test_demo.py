"""What somebody meets who looks around in the demonstration."""

from __future__ import annotations

import asyncio
import signal

import pytest

from servers.hubbub_process import AS_INSTALLED, HubbubProcess
from servers.person import Person

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
async def own(tmp_path):
    process = HubbubProcess(tmp_path)
    yield process
    await process.kill()


async def test_its_people_are_online_while_it_stays(own):
    await own.start()
    link = await own.command("admin", "user", "create", "robin", "--administrator")
    async with Person(own.url) as robin:
        token = str(link["link"]).partition("#reset=")[2]
        await robin.post("/auth/reset", {"token": token, "password": "correct horse battery staple"})
        await own.command("demo")
        process = await asyncio.create_subprocess_exec(
            *(*AS_INSTALLED, "demo", "--live"),
            cwd=own.folder,
            env=own.environment,
            stderr=asyncio.subprocess.PIPE,
            # A shell lets what it starts in the background ignore Ctrl-C, and so would all that the tests start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert process.stderr is not None
        try:
            async with robin.gateway() as gateway:
                lena = await gateway.wait_for("PRESENCE_UPDATE", lambda each: each["status"] == "dnd", within_s=60)
                process.send_signal(signal.SIGINT)
                await asyncio.wait_for(process.communicate(), 60)
                await gateway.wait_for(
                    "PRESENCE_UPDATE",
                    lambda each: each["user"]["id"] == lena["user"]["id"] and each["status"] == "offline",
                )
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 130


async def test_without_a_server_nobody_can_be_online_and_it_says_so(own):
    own.folder.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *AS_INSTALLED,
        "demo",
        "--live",
        "--json",
        cwd=own.folder,
        env=own.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert b"app.server_gone" in errors
    assert b"Traceback" not in errors
