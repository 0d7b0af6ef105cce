"""Credentials in requests: a bot's Authorization header, or a person's session cookie.

A cookie is sent by browsers on their own, so a changing request with one must also come from this site: it carries the
header ``X-Hubbub-Client``, which other sites cannot add without asking, and its Origin, when there is one, is ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from litestar.types import HTTPScope, Scope

from hubbub.community.errors import Unauthorized, WrongOrigin
from hubbub.community.service.actor import Actor
from hubbub.community.service.authentication import Authentication

SECURE_COOKIE = "__Host-hubbub"
"""Browsers hold it to this very host, over TLS or on loopback."""
PLAIN_COOKIE = "hubbub"
"""For plain HTTP from another host, where a Secure cookie would be refused."""

_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Credentials:
    """What a request's headers say about its caller, read in one pass."""

    __slots__ = ("authorization", "client", "content_type", "cookie", "has_body", "host", "origin")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Read ASGI `headers`; names are lower case."""
        self.authorization = b""
        self.cookie = b""
        self.origin = b""
        self.host = b""
        self.client = False
        self.content_type = b""
        self.has_body = False
        for name, value in headers:
            if name == b"authorization":
                self.authorization = value
            elif name == b"cookie":
                self.cookie = value
            elif name == b"origin":
                self.origin = value
            elif name == b"host":
                self.host = value
            elif name == b"x-hubbub-client":
                self.client = True
            elif name == b"content-type":
                self.content_type = value
            elif name == b"content-length":
                self.has_body = value != b"0"
            elif name == b"transfer-encoding":
                self.has_body = True


def is_secure(scheme: str, host: str) -> bool:
    """Return whether browsers accept Secure cookies from this address."""
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return scheme == "https" or name in _LOOPBACK_HOSTS or name.endswith(".localhost")


def session_secret(cookie_header: str) -> str | None:
    """Return the session's secret in a Cookie header; the stricter cookie wins."""
    plain = None
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == SECURE_COOKIE:
            return value
        if name == PLAIN_COOKIE:
            plain = value
    return plain


def session_cookie(scope: Scope, secret: str | None, max_age_s: int) -> str:
    """Return the Set-Cookie header that keeps `secret` in the browser, or (None) takes it away."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    secure = is_secure(scope["scheme"], host)
    name = SECURE_COOKIE if secure else PLAIN_COOKIE
    age = 0 if secret is None else max_age_s
    tail = "; Secure" if secure else ""
    return f"{name}={secret or ''}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{tail}"


def check_origin(credentials: Credentials, method: str, scheme: str, public_url: str) -> None:
    """Raise `WrongOrigin` for a changing request that another site may have caused."""
    if method in _SAFE_METHODS:
        return
    if not credentials.client:
        raise WrongOrigin("Send the header X-Hubbub-Client with requests that change something.")
    check_foreign(credentials, scheme, public_url)


def check_foreign(credentials: Credentials, scheme: str, public_url: str) -> None:
    """Raise `WrongOrigin` when a browser says that another site's page sent the request."""
    if credentials.origin:
        origin = credentials.origin.decode("latin-1")
        if origin not in {public_url, f"{scheme}://{credentials.host.decode('latin-1')}"}:
            raise WrongOrigin


async def caller(authentication: Authentication, scope: HTTPScope, credentials: Credentials, public_url: str) -> Actor:
    """Return who sent the request; raises `Unauthorized` or `WrongOrigin`."""
    authorization = credentials.authorization
    if authorization:
        kind, _, token = authorization.partition(b" ")
        if kind != b"Bot" or not token:
            raise Unauthorized
        return await authentication.bot(token.strip().decode("latin-1"))
    secret = session_secret(credentials.cookie.decode("latin-1")) if credentials.cookie else None
    if not secret:
        raise Unauthorized
    check_origin(credentials, scope["method"], scope["scheme"], public_url)
    return await authentication.session(secret)
