"""Logs, metrics and traces: structlog for lines, OpenTelemetry for figures.

Engines take a meter from `meter(name)` at import or construction. Until `start` is called nothing is collected, so a
library use of an engine costs nothing.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Literal

import structlog
from opentelemetry import metrics

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from prometheus_client import CollectorRegistry

LogFormat = Literal["console", "json"]

_SECRET_KEYS = frozenset({"authorization", "cookie", "password", "secret", "token"})


def meter(name: str) -> Meter:
    """Return the OpenTelemetry meter of one package, e.g. ``hubbub.gateway``."""
    return metrics.get_meter(name)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a structured logger; keys named like secrets are masked whatever their value."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound


def start_logging(level: str = "info", log_format: LogFormat = "console") -> None:
    """Send structured lines at `level` and above to standard error."""
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask_secrets,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def start_metrics(otlp_endpoint: str | None = None) -> CollectorRegistry:
    """Collect metrics from now on.

    Args:
        otlp_endpoint: URL of an OpenTelemetry collector's metrics intake, or None to serve `/metrics` alone.

    Returns:
        The registry that `/metrics` renders.
    """
    from opentelemetry.exporter.prometheus import PrometheusMetricReader  # 0.2 s to import
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader
    from prometheus_client import REGISTRY

    readers: list[MetricReader] = [PrometheusMetricReader()]
    if otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

        readers.append(PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=otlp_endpoint)))
    metrics.set_meter_provider(MeterProvider(metric_readers=readers))
    return REGISTRY


def _mask_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key.lower() in _SECRET_KEYS:
            event[key] = "***"
    return event
