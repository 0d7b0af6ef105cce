import pytest
import structlog

from hubbub.app.telemetry.requests import ObservedRequests


class Actor:
    user_id = 7


@pytest.fixture
def lines(monkeypatch):
    with structlog.testing.capture_logs() as lines:
        monkeypatch.setattr("hubbub.app.telemetry.requests._log", structlog.get_logger())
        yield lines


async def ask(app, path="/", method="GET"):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    await ObservedRequests(app, traces=False)(scope, None, send)
    return sent


def answering(status, template=None, **params):
    async def app(scope, _receive, send):
        if template is not None:
            scope |= {"path_template": template, "path_params": params, "user": Actor()}
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def test_a_line_names_the_route_the_ids_and_the_caller_and_no_token(lines):
    app = answering(204, "/api/v10/webhooks/{application_id}/{token}", application_id="5", token="hush")
    sent = await ask(app, "/api/v10/webhooks/5/hush", "POST")
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    (line,) = lines
    del line["ms"]
    assert line == {
        "event": "request", "log_level": "debug", "method": "POST", "status": 204, "user_id": 7, "application_id": "5",
        "route": "/api/v10/webhooks/{application_id}/{token}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "route"),
    [("/api/v10/nonsense/1", "(unknown)"), ("/guilds/1/2", "(web client)"), ("/healthz", "/healthz")],
)
async def test_strangers_paths_make_no_new_names(lines, path, route):
    await ask(answering(404), path)
    assert lines[0]["route"] == route


async def test_a_strangers_method_makes_no_new_name(lines):
    await ask(answering(405), "/", "BREW")
    assert lines[0]["method"] == "_OTHER"


async def test_a_failed_request_is_worth_a_warning(lines):
    await ask(answering(503), "/api/v10/gateway")
    assert lines[0]["log_level"] == "warning"


async def test_a_crash_counts_as_500_and_goes_on(lines):
    async def broken(_scope, _receive, _send):
        raise LookupError

    with pytest.raises(LookupError):
        await ask(broken)
    assert lines[0]["status"] == 500
