"""What an operator sees of a running server: lines, figures, traces, health."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from servers.hubbub_process import HubbubProcess
from servers.person import PASSWORD, Person
from servers.waiting import until

pytestmark = pytest.mark.timeout(120)


class Collector:
    """An OpenTelemetry collector's HTTP intake on loopback, which decodes what it is sent."""

    def __init__(self) -> None:
        self.metrics: list[ExportMetricsServiceRequest] = []
        self.traces: list[ExportTraceServiceRequest] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/metrics":
                    collector.metrics.append(ExportMetricsServiceRequest.FromString(body))
                elif self.path == "/v1/traces":
                    collector.traces.append(ExportTraceServiceRequest.FromString(body))
                else:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with closing(Collector()) as collector:
        yield collector


@pytest.fixture
async def own(tmp_path):
    process = HubbubProcess(tmp_path, settings={"HUBBUB_LOG_LEVEL": "debug", "HUBBUB_LOG_FORMAT": "json"})
    yield process
    await process.kill()


async def conversation(url: str) -> str:
    """Have somebody sign up, mistype a password, and talk; return their session's secret."""
    async with await Person.register(url, "ada") as ada:
        _, channel_id = await ada.make_guild("The Lighthouse")
        await ada.say(channel_id, "Is anyone there?")
        await ada.get(f"/channels/{channel_id}/messages?limit=50")
        login = {"login": "ada", "password": "not the right one"}
        await ada.http.post("/auth/login", json=login, headers={"X-Hubbub-Client": "tests"})
        return ada.cookie.partition("=")[2]


async def test_a_collector_gets_figures_and_traces(own, collector):
    own.settings |= {"HUBBUB_OTLP_ENDPOINT": collector.url, "HUBBUB_TRACE_SHARE": "1"}
    await own.start()
    await conversation(own.url)
    assert await own.stop() == 0  # a stop sends what was collected last

    resources = [resource for request in collector.metrics for resource in request.resource_metrics]
    assert {value.value.string_value for each in resources for value in each.resource.attributes} >= {"hubbub"}
    names = {metric.name for each in resources for scope in each.scope_metrics for metric in scope.metrics}
    assert {"http.server.request.duration", "hubbub.records.commit.duration", "hubbub.gateway.sessions"} <= names

    spans = [
        span
        for request in collector.traces
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    sending = next(span for span in spans if span.name == "POST /api/v10/channels/{channel_id}/messages")
    below = [span.name for span in spans if span.parent_span_id == sending.span_id]
    assert "records.write" in below


async def test_a_collector_that_does_not_answer_delays_nobody(own):
    own.settings |= {"HUBBUB_OTLP_ENDPOINT": "http://127.0.0.1:9", "HUBBUB_TRACE_SHARE": "1"}
    await own.start()
    await conversation(own.url)
    assert await own.stop() == 0


async def test_lines_name_routes_and_no_secret(own):
    await own.start()
    bot = await own.command("bot", "create", "helper")
    secret = await conversation(own.url)
    async with httpx.AsyncClient(base_url=f"{own.url}/api/v10") as client:
        await client.get("/users/@me", headers={"Authorization": f"Bot {bot['token']}"})
        await client.post("/webhooks/1/a-token-in-a-path", json={"content": "hello"})
        await client.get("/users/@me?token=a-token-in-a-query")
    await own.stop()
    lines = [json.loads(line) for line in own.log.splitlines() if line.startswith("{")]
    asked = [line for line in lines if line["event"] == "request"]
    sent = next(line for line in asked if line["route"].endswith("/messages") and line["method"] == "POST")
    assert sent["status"] == 200
    assert sent["level"] == "debug"
    assert sent["channel_id"].isdecimal()
    assert sent["ms"] > 0
    for hidden in (PASSWORD, "not the right one", secret, bot["token"], "a-token-in-a-path", "a-token-in-a-query"):
        assert hidden not in own.log


async def test_metrics_follow_the_conventions_and_cover_the_engines(own):
    await own.start()
    await conversation(own.url)
    async with httpx.AsyncClient(base_url=own.url) as client:

        async def relayed() -> bool:
            # The log is written behind the answer.
            return "hubbub_event_log_commit_seconds_count" in (await client.get("/metrics")).text

        await until(relayed, within_s=20)
        text = (await client.get("/metrics")).text
    for name in (
        "http_server_request_duration_seconds_bucket",
        "http_server_active_requests",
        "hubbub_records_commit_duration_seconds_count",
        'hubbub_records_waiting{kind="write"}',
        "hubbub_relay_events_total",
        "hubbub_relay_behind",
        "hubbub_event_log_commit_seconds_count",
        'hubbub_gateway_sessions{state="attached"}',
    ):
        assert re.search(rf"^{re.escape(name)}", text, re.MULTILINE), name
    assert 'http_route="/api/v10/channels/{channel_id}/messages"' in text
    names = set(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert [name for name, kind in names if not re.fullmatch(r"[a-z_:][a-z0-9_:]*", name)] == []
    assert [name for name, kind in names if kind == "counter" and not name.endswith("_total")] == []


async def test_health_has_a_line_for_each_engine_and_tells_a_locked_database(own):
    await own.start()
    async with httpx.AsyncClient(base_url=own.url, timeout=10) as client:
        report = (await client.get("/healthz")).json()
        assert [line["engine"] for line in report["engines"]] == ["community", "gateway", "media", "relay", "storage"]
        with closing(sqlite3.connect(own.folder / "data" / "hubbub.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = await client.get("/healthz")
            assert answer.status_code == 503
            told = {line["engine"]: line for line in answer.json()["engines"]}
            assert not told["community"]["healthy"]
            assert told["gateway"]["healthy"]
            other.execute("ROLLBACK")

        async def recovered() -> bool:
            return (await client.get("/healthz")).status_code == httpx.codes.OK

        await until(recovered, within_s=20)
