"""Health of a process: one line per engine, answered by a probe that the engine hands in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from hubbub.kernel.errors import HubbubError

Probe = Callable[[], Awaitable[str]]
"""Returns a short fact ("42 sessions") when healthy, raises when not."""

PROBE_TIMEOUT_S = 2.0
"""An orchestrator's own probe commonly gives up after five seconds; ours must answer before."""


class Line(msgspec.Struct, frozen=True):
    """State of one engine."""

    engine: str
    healthy: bool
    detail: str


class Health:
    """Registry of probes."""

    def __init__(self) -> None:
        """Start with no engine."""
        self._probes: dict[str, Probe] = {}

    def register(self, engine: str, probe: Probe) -> None:
        """Ask `probe` for `engine` from now on; a later registration of the same name replaces it."""
        self._probes[engine] = probe

    async def check(self) -> list[Line]:
        """Run every probe at once, each bounded by `PROBE_TIMEOUT_S`; never raises."""
        return list(await asyncio.gather(*(self._line(name, probe) for name, probe in sorted(self._probes.items()))))

    @staticmethod
    async def _line(engine: str, probe: Probe) -> Line:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                return Line(engine, healthy=True, detail=await probe())
        except TimeoutError:
            return Line(engine, healthy=False, detail=f"no answer within {PROBE_TIMEOUT_S:g} s")
        except Exception as problem:  # noqa: BLE001 - any failure of a probe is the answer, not a crash
            own = isinstance(problem, HubbubError | RuntimeError)
            said = str(problem) if own else f"{type(problem).__name__}: {problem}"
            return Line(engine, healthy=False, detail=said)
