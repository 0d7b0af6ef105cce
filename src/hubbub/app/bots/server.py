"""Asks the server, before a bot starts, for its gateway and whether it knows the bot's token."""

from __future__ import annotations

import http.client
import json
from typing import NamedTuple
from urllib.parse import urlsplit

from hubbub.app.bots.errors import ServerUnreachable, TokenRefused

# A server on the same machine answers in milliseconds; five seconds also cover one that is still starting.
_TIMEOUT_S = 5.0


class Server(NamedTuple):
    """A Hubbub server as a bot sees it."""

    url: str
    """Base URL without a trailing slash, e.g. ``http://127.0.0.1:8080``."""
    gateway: str
    """Gateway URL as the server names it, e.g. ``ws://127.0.0.1:8080/gateway/``."""


def find_server(url: str, token: str | None) -> Server:
    """Return the server at `url`, having checked `token` when there is one.

    Raises:
        ServerUnreachable: Nothing answers there, or something that is not Hubbub.
        TokenRefused: The server answers that it does not know the token.
    """
    base = url.rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ServerUnreachable(f"{url!r} is no address of a server. Write it like http://127.0.0.1:8080.")
    try:
        status, body = _get(base, "/api/v10/gateway", token=None)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ServerUnreachable(
            f"No server answers at {base} ({error}). Start one with `hubbub up`, or name another with --url."
        ) from error
    gateway = body.get("url") if isinstance(body, dict) else None
    if status != http.HTTPStatus.OK or not isinstance(gateway, str):
        raise ServerUnreachable(f"What answers at {base} is not Hubbub (status {status}). Name its address with --url.")
    if token is not None:
        status, _ = _get(base, "/api/v10/users/@me", token=token)
        if status == http.HTTPStatus.UNAUTHORIZED:
            raise TokenRefused(
                f"The server at {base} does not know this token. "
                "Make a bot with `hubbub bot create NAME` and use the token it prints."
            )
    return Server(base, gateway)


def _get(base: str, path: str, token: str | None) -> tuple[int, object]:
    """Return status and decoded JSON body (None when it is not JSON) of a GET."""
    parts = urlsplit(base)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        headers = {"User-Agent": "hubbub-bot-run"}
        if token is not None:
            headers["Authorization"] = f"Bot {token}"
        connection.request("GET", parts.path + path, headers=headers)
        response = connection.getresponse()
        raw = response.read(65_536)
    finally:
        connection.close()
    try:
        return response.status, json.loads(raw)
    except ValueError:
        return response.status, None
