"""What the integration suites share: one running server per test module, and people on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from servers.hubbub_process import HubbubProcess


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HubbubProcess]:
    """A server for this module's tests; each makes its own people and guilds."""
    # Suites ask faster than people do; what they test is not the limits.
    settings = {"HUBBUB_COMMUNITY_RATE_LIMITS": "false"}
    process = HubbubProcess(tmp_path_factory.mktemp("server"), settings=settings)
    async with process:
        yield process
