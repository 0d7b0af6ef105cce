"""Health answers one line per engine and never raises."""

import asyncio

from hubbub.kernel import health
from hubbub.kernel.health import Health


async def test_each_engine_has_a_line_and_a_failure_is_told():
    registry = Health()

    async def fine():
        return "3 sessions"

    async def broken():
        raise OSError("no space left")

    registry.register("gateway", fine)
    registry.register("storage", broken)
    lines = await registry.check()
    assert [(line.engine, line.healthy, line.detail) for line in lines] == [
        ("gateway", True, "3 sessions"),
        ("storage", False, "OSError: no space left"),
    ]


async def test_a_probe_that_hangs_is_unhealthy(monkeypatch):
    monkeypatch.setattr(health, "PROBE_TIMEOUT_S", 0.01)
    registry = Health()

    async def hangs():
        await asyncio.Event().wait()
        return "never"

    registry.register("voice", hangs)
    (line,) = await registry.check()
    assert not line.healthy
    assert "no answer" in line.detail
