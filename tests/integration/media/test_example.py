"""The program under `examples/media` does what its page says, from one command."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from servers.hubbub_process import free_port

ROOT = Path(__file__).resolve().parents[3]

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.skipif(not (ROOT / ".venv/bin/hubbub").exists(), reason="it would set an environment up"),
]


async def test_media_alone_takes_shows_and_forgets_a_picture() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    process = await asyncio.create_subprocess_exec(
        ROOT / "examples/media/run",
        env={**inherited, "HUBBUB_PORT": str(free_port())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()
    told = output.decode()
    assert "the server has 262144 of them already" in told
    assert "image of 1200 x 800" in told
    assert [word for word in ("image/avif, ", "image/webp, ", "image/jpeg, ") if word not in told] == []
    assert "forgot 3 renditions; a CDN is told by asset-" in told
    assert told.endswith("gone: 404\n")
