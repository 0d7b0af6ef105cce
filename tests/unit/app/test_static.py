import gzip

import pytest

from hubbub.app.static import WebClient


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Hubbub</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("let a = 1;\n" * 500)
    (tmp_path / "sw.js").write_text("self;")
    (tmp_path / ".secret").write_text("no")
    return tmp_path


async def get(client, path, *, method="GET", **headers):
    sent = []

    async def send(message):
        sent.append(message)

    asked = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    await client({"type": "http", "method": method, "path": path, "headers": asked}, None, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


async def test_hashed_files_are_kept_for_ever_and_compressed(folder):
    client = WebClient(folder, "http://127.0.0.1:8080")
    status, headers, body = await get(client, "/assets/app-1a2b.js", accept_encoding="gzip, br")
    assert (status, headers[b"content-type"]) == (200, b"text/javascript; charset=utf-8")
    assert headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert headers[b"content-encoding"] == b"gzip"
    assert gzip.decompress(body).startswith(b"let a")
    assert len(body) == int(headers[b"content-length"])


@pytest.mark.parametrize("path", ["/", "/guilds/1/2", "/invite/abc"])
async def test_routes_of_the_client_get_its_page_and_ask_again(folder, path):
    status, headers, body = await get(WebClient(folder, "http://127.0.0.1:8080"), path)
    assert (status, headers[b"cache-control"]) == (200, b"no-cache")
    assert b"Hubbub" in body


async def test_an_unchanged_file_is_not_sent_again(folder):
    client = WebClient(folder, "http://127.0.0.1:8080")
    _, headers, _ = await get(client, "/")
    status, _, body = await get(client, "/", if_none_match=headers[b"etag"].decode())
    assert (status, body) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/gone-1.js", "/favicon.png", "/.secret", "/../pyproject.toml", "/%2e%2e/x.y"])
async def test_what_is_no_file_of_the_client_is_not_found(folder, path):
    status, _, _ = await get(WebClient(folder, "http://127.0.0.1:8080"), path)
    assert status == 404


async def test_no_inline_code_may_run_and_nothing_comes_from_elsewhere(folder):
    _, headers, _ = await get(WebClient(folder, "https://chat.example.org"), "/")
    policy = headers[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self' https://chat.example.org wss://chat.example.org" in policy
    assert headers[b"x-content-type-options"] == b"nosniff"


async def test_a_client_that_is_not_built_says_how_to_build_it(tmp_path):
    status, _, body = await get(WebClient(tmp_path / "absent", "http://127.0.0.1:8080"), "/")
    assert status == 503
    assert b"make run" in body


async def test_only_reading_is_allowed(folder):
    status, headers, _ = await get(WebClient(folder, "http://127.0.0.1:8080"), "/", method="POST")
    assert (status, headers[b"allow"]) == (405, b"GET, HEAD")
