"""Logs, metrics and traces: structlog for lines, OpenTelemetry for figures and spans.

Engines take a meter from `meter(name)` at import or construction. Until `start` is called nothing is collected, so a
library use of an engine costs nothing.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, Self

import structlog
from opentelemetry import metrics, trace
from typing_extensions import override

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.trace import Tracer
    from prometheus_client import CollectorRegistry

LogFormat = Literal["console", "json"]

_SECRET_WORDS = ("authorization", "cookie", "password", "secret", "token")
"""A key that holds one of these, such as `session_token`, is masked whatever its value."""
_EXPORT_TIMEOUT_S = 3
"""A collector that does not answer must neither pile up exports nor hold up a stop."""
_EXPORT_EVERY_MS = 15_000


class Telemetry:
    """What was started; leaving its context sends what was collected last, within seconds."""

    def __init__(self, registry: CollectorRegistry, *, traces: bool, stops: Sequence[Callable[[], None]]) -> None:
        """Hold what `start` made; `stops` end it, in their order."""
        self.registry = registry
        """What `/metrics` renders."""
        self.traces = traces
        """Whether spans go anywhere; without it nobody need make one."""
        self._stops = stops

    def __enter__(self) -> Self:
        """Collect while the context lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Send what was collected last."""
        for stop in self._stops:
            stop()


def meter(name: str) -> Meter:
    """Return the OpenTelemetry meter of one package, e.g. ``hubbub.gateway``."""
    return metrics.get_meter(name)


def tracer(name: str) -> Tracer:
    """Return the OpenTelemetry tracer of one package, e.g. ``hubbub.app``."""
    return trace.get_tracer(name)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a structured logger; keys named like secrets are masked whatever their value."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound


def start_logging(level: str = "info", log_format: LogFormat = "console") -> None:
    """Send structured lines at `level` and above to standard error, and what libraries log from warnings on."""
    render: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        # Plain: the pretty form prints local variables, and among them secrets.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask_secrets,
            _add_trace,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_Forward(logging.WARNING)]


def start(*, version: str, otlp_endpoint: str | None = None, trace_share: float = 0.0) -> Telemetry:
    """Collect metrics, and spans if somebody takes them, from now on; once in a process.

    Args:
        version: Of the program, told to the collector.
        otlp_endpoint: Address of an OpenTelemetry collector's HTTP intake, or None to serve `/metrics` alone.
        trace_share: Share of requests whose spans are sent, from 0 to 1.
    """
    from opentelemetry.exporter.prometheus import PrometheusMetricReader  # 0.2 s to import
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from prometheus_client import REGISTRY

    resource = Resource.create({"service.name": "hubbub", "service.version": version})
    readers: list[MetricReader] = [PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False)]
    stops: list[Callable[[], None]] = []
    if otlp_endpoint is not None:
        readers.append(_metric_exporter(f"{otlp_endpoint.rstrip('/')}/v1/metrics"))
        if trace_share > 0:
            stops.append(_start_traces(f"{otlp_endpoint.rstrip('/')}/v1/traces", trace_share, resource))
    provider = MeterProvider(metric_readers=readers, resource=resource, shutdown_on_exit=False)
    metrics.set_meter_provider(provider)
    traces = bool(stops)
    stops.append(partial(provider.shutdown, timeout_millis=_EXPORT_TIMEOUT_S * 1000))
    return Telemetry(REGISTRY, traces=traces, stops=stops)


def _metric_exporter(endpoint: str) -> MetricReader:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporter = OTLPMetricExporter(endpoint=endpoint, timeout=_EXPORT_TIMEOUT_S)
    return PeriodicExportingMetricReader(exporter, export_interval_millis=_EXPORT_EVERY_MS)


def _start_traces(endpoint: str, share: float, resource: Resource) -> Callable[[], None]:
    """Send spans of `share` of the requests to `endpoint`; return what ends that."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(share)), resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_TIMEOUT_S)))
    trace.set_tracer_provider(provider)
    return provider.shutdown


class _Forward(logging.Handler):
    """Gives what libraries log by the standard module the form of our own lines."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # Below warnings libraries tell of their insides, addresses and parameters among them.
        logger(record.name).log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def _mask_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key != "event" and any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "***"
    return event


def _add_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid and context.trace_flags.sampled:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
