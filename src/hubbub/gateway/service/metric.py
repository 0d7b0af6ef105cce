"""What the gateway counts. Counters are moved once per flush, never per delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Observation

from hubbub.kernel.telemetry import meter


class GatewayMetrics:
    """Instruments of one hub."""

    def __init__(self, sessions: Callable[[], tuple[int, int]]) -> None:
        """Register the instruments; `sessions` returns how many are attached and how many are detached."""
        gauge = meter("hubbub.gateway")
        self.deliveries = gauge.create_counter("hubbub.gateway.deliveries", description="dispatches written to sockets")
        self.bytes = gauge.create_counter("hubbub.gateway.bytes", unit="By", description="bytes written to sockets")
        self.resumes = gauge.create_counter("hubbub.gateway.resumes", description="RESUMEs by outcome")
        self.identifies = gauge.create_counter("hubbub.gateway.identifies", description="IDENTIFYs by outcome")
        self.closes = gauge.create_counter("hubbub.gateway.closes", description="sockets closed by us, by code")

        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            attached, detached = sessions()
            yield Observation(attached, {"state": "attached"})
            yield Observation(detached, {"state": "detached"})

        gauge.create_observable_gauge("hubbub.gateway.sessions", [observe], description="sessions by state")
