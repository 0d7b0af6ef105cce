"""Access tokens as LiveKit's SDKs make and expect them: JWT, HS256, issuer is the key, subject the identity.

The time is an argument, so PyJWT checks form and signature and this module checks `nbf` and `exp`.

Source: RFC 7519; livekit/protocol, auth/verifier.go (one minute of leeway, `exp` required).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec

from hubbub.voice.domain.grant import Claims
from hubbub.voice.errors import TokenRefused

LEEWAY_S = 60
"""Seconds by which the clocks of issuer and server may differ."""
LIFETIME_S = 6 * 3600
"""Seconds that a token is valid when its maker does not say."""
TOKEN_BYTES_MAX = 64 * 1024
"""A longer token is refused unread; metadata and attributes of the usual bounds fit."""
_ALGORITHM = "HS256"
_NO_CHECKS = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose signature and times were found good."""

    claims: Claims
    key: str
    """The API key that signed it."""
    expires_s: int
    """Unix seconds, leeway not included."""
    issued_s: int
    """Unix seconds of `iat`, or of `nbf` where there is no `iat`; zero when neither is given."""


def sign_token(claims: Claims, key: str, secret: str, *, now_s: int, lifetime_s: int = LIFETIME_S) -> str:
    """Return `claims` as a token that `key` vouches for, valid from `now_s` (Unix seconds) for `lifetime_s`."""
    payload: dict[str, Any] = msgspec.to_builtins(claims)
    payload.pop("identity", None)
    payload |= {"iss": key, "nbf": now_s, "iat": now_s, "exp": now_s + lifetime_s}
    if claims.identity:
        payload["sub"] = claims.identity
        # Old clients of the RoomService read the identity here.
        payload["jti"] = claims.identity
    return jwt.encode(payload, secret, algorithm=_ALGORITHM)


def verify_token(raw: str, secrets: Mapping[str, str], *, now_s: float) -> Token:
    """Return what `raw` says.

    Args:
        raw: The token in its compact form.
        secrets: Secret of each API key.
        now_s: Unix seconds.

    Raises:
        TokenRefused: It is malformed, signed by no key of ours, not valid yet, or expired.
    """
    if len(raw) > TOKEN_BYTES_MAX:
        raise TokenRefused("The access token is too long.")
    payload = _decode(raw, secrets)
    expires_s, starts_s = _seconds(payload, "exp"), _seconds(payload, "nbf")
    if expires_s is None:
        raise TokenRefused("The access token has no time of expiry.")
    if now_s >= expires_s + LEEWAY_S:
        raise TokenRefused("The access token has expired.")
    if starts_s is not None and now_s < starts_s - LEEWAY_S:
        raise TokenRefused("The access token is not valid yet. Compare the clocks of issuer and server.")
    return Token(
        claims=_claims(payload),
        key=payload["iss"],
        expires_s=expires_s,
        issued_s=_seconds(payload, "iat") or starts_s or 0,
    )


def _decode(raw: str, secrets: Mapping[str, str]) -> dict[str, Any]:
    try:
        unverified = jwt.decode(raw, options={"verify_signature": False})
        key = unverified.get("iss")
        secret = secrets.get(key) if isinstance(key, str) else None
        if secret is None:
            raise TokenRefused("The access token names an API key that does not exist.")
        return jwt.decode(raw, secret, algorithms=[_ALGORITHM], options=_NO_CHECKS)  # type: ignore[arg-type]  # a plain dict will do
    except (jwt.PyJWTError, ValueError, RecursionError) as problem:
        raise TokenRefused from problem


def _seconds(payload: Mapping[str, Any], name: str) -> int | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -(2**53) < value < 2**53:
        raise TokenRefused(f"The access token's {name} is not a time.")
    return int(value)


def _claims(payload: Mapping[str, Any]) -> Claims:
    subject = payload.get("sub") or payload.get("jti") or ""
    try:
        return msgspec.convert({**payload, "identity": subject, "video": payload.get("video") or {}}, Claims)
    except msgspec.ValidationError as problem:
        raise TokenRefused(f"The access token's claims cannot be read: {problem}.") from problem
