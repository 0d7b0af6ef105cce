"""The wheel installs and runs on a machine that has neither Rust nor Node."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import httpx
import pytest

from hubbub.native import building
from servers.hubbub_process import free_port

ROOT = Path(__file__).resolve().parents[2]
BUILT = building.state() == "current" and (ROOT / "web" / "dist" / "index.html").is_file()

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(not BUILT, reason="what the wheel holds is not built: scripts/setup native web"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of what is built already."""
    folder = tmp_path_factory.mktemp("wheel")
    hatchling = Path(sys.executable).with_name("hatchling")
    subprocess.run([hatchling, "build", "--target", "wheel", "--directory", folder], cwd=ROOT, check=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Commands of a fresh environment with the wheel in it; the packages it needs are lent by the tests' own."""
    home = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel]
    subprocess.run(install, check=True)
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    # Lent folders come last, and their own .pth files, the editable Hubbub's among them, are not followed.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


@pytest.fixture
def environment(installed, tmp_path):
    """A machine with the wheel's commands and no others."""
    return {
        "PATH": str(installed),
        "HOME": str(tmp_path),
        "HUBBUB_PORT": str(free_port()),
        "HUBBUB_VOICE_PORT": "0",
        "HUBBUB_DATA": str(tmp_path / "data"),
    }


def run(installed, environment, *arguments):
    return subprocess.run(
        [installed / "hubbub", *arguments],
        cwd=environment["HOME"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_it_holds_the_native_core_the_web_client_and_what_it_requires(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    assert {"hubbub/native/_native.abi3.so", "hubbub/native/_native.pyi", "hubbub/app/web/index.html"} <= names
    assert any(re.fullmatch(r"hubbub/app/web/assets/.+\.js", name) for name in names)
    assert not [name for name in names if name.endswith((".stamp", ".rs", ".toml")) and "demo" not in name]
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert sorted(re.findall(r"^Requires-Dist: (.+)$", metadata, re.MULTILINE)) == sorted(required)


def test_its_name_says_which_machines_it_is_for(wheel):
    assert re.fullmatch(r"hubbub-[\d.]+-cp311-abi3-(?!linux)\w+\.whl", wheel.name)


def test_commands_run_from_the_package_alone(installed, environment):
    where = subprocess.run(
        [installed / "python", "-c", "import hubbub; print(hubbub.__file__)"],
        cwd=environment["HOME"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(installed.parent))
    assert json.loads(run(installed, environment, "version", "--json").stdout)["hubbub"]


def test_the_doctor_misses_nothing(installed, environment):
    done = run(installed, environment, "doctor", "--json")
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert [finding for finding in findings.values() if finding["state"] == "missing"] == []
    assert done.returncode == 0
    assert findings["native core"]["state"] == "ok"
    assert findings["Node"]["detail"] == "not installed"


async def test_the_server_starts_and_serves_the_client_that_came_with_it(installed, environment, tmp_path):
    log = tmp_path / "server.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            installed / "hubbub", "up", cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(40), httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{environment['HUBBUB_PORT']}"
            while True:
                assert process.returncode is None, log.read_text()
                try:
                    page = await client.get(url)
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            script = re.search(r'src="/(assets/[^"]+\.js)"', page.text)
            assert script is not None
            assert (await client.get(f"{url}/{script[1]}")).status_code == httpx.codes.OK
            assert (await client.get(f"{url}/healthz")).json()["healthy"] is True
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
