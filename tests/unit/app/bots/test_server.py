"""Before a bot starts, the server says where its gateway is and whether it knows the token."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hubbub.app.bots.errors import ServerUnreachable, TokenRefused
from hubbub.app.bots.server import find_server


class Handler(BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.answers.get(self.path, (404, b"{}"))
        if self.path == "/api/v10/users/@me" and self.headers["Authorization"] != "Bot good":
            status, body = 401, b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Keep quiet."""


@pytest.fixture
def answers() -> Iterator[tuple[str, dict[str, tuple[int, bytes]]]]:
    table: dict[str, tuple[int, bytes]] = {
        "/api/v10/gateway": (200, json.dumps({"url": "ws://g/gateway/"}).encode()),
        "/api/v10/users/@me": (200, b"{}"),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"answers": table}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", table
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_server_names_its_gateway(answers):
    url, _ = answers
    assert find_server(url + "/", "good") == (url, "ws://g/gateway/")
    assert find_server(url, None).gateway == "ws://g/gateway/"


def test_an_unknown_token_says_how_to_get_one(answers):
    with pytest.raises(TokenRefused, match="hubbub bot create"):
        find_server(answers[0], "bad")


@pytest.mark.parametrize("answer", [(404, b"<html>"), (200, b"<html>"), (200, b"[]"), (200, b'{"url": 3}')])
def test_something_else_that_answers_is_not_taken_for_hubbub(answers, answer):
    url, table = answers
    table["/api/v10/gateway"] = answer
    with pytest.raises(ServerUnreachable, match="not Hubbub"):
        find_server(url, None)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x", "http://", ""])
def test_a_bad_address_says_how_to_write_one(url):
    with pytest.raises(ServerUnreachable, match=r"http://127\.0\.0\.1:8080"):
        find_server(url, None)


def test_a_silent_address_says_how_to_start_a_server():
    with pytest.raises(ServerUnreachable, match="hubbub up"):
        find_server("http://127.0.0.1:9", None)
