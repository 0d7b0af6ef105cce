"""Floods of identifies: by address before a token is read, by user after."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubbub.gateway.domain.limit import FixedWindow

if TYPE_CHECKING:
    from hubbub.gateway.config import GatewayConfig
    from hubbub.gateway.service.directory import Identity

CONCURRENCY_WINDOW_S = 5.0
DAY_S = 86_400.0
_ADDRESS_WINDOW_S = 60.0


class SessionStartLimit(NamedTuple):
    """What `GET /gateway/bot` tells of a bot's identifies."""

    total: int
    remaining: int
    reset_after: int
    """Milliseconds."""
    max_concurrency: int


class Floods:
    """The windows of one process."""

    def __init__(self, config: GatewayConfig) -> None:
        """Count from nothing."""
        self._config = config
        self._attempts = FixedWindow(config.identifies_per_address, _ADDRESS_WINDOW_S)
        self._failures = FixedWindow(config.failures_per_address, _ADDRESS_WINDOW_S)
        self._concurrent = FixedWindow(config.identify_concurrency, CONCURRENCY_WINDOW_S)
        self._daily = FixedWindow(config.identifies_per_day, DAY_S)

    def attempt(self, address: str, now_s: float) -> bool:
        """Count an IDENTIFY or RESUME from `address`; return False when it must not be looked at."""
        return self._attempts.take(address, now_s) and not self._failures.exhausted(address, now_s)

    def failed(self, address: str, now_s: float) -> None:
        """Count a refused credential."""
        self._failures.take(address, now_s)

    def identify(self, identity: Identity, now_s: float) -> bool:
        """Count an IDENTIFY of a known user; return False when it is one too many."""
        if not self._concurrent.take(identity.user_id, now_s):
            return False
        return not identity.is_bot or self._daily.take(identity.user_id, now_s)

    def start_limit(self, user_id: int, now_s: float) -> SessionStartLimit:
        """Return what a bot has left."""
        remaining, reset_s = self._daily.remaining(user_id, now_s)
        config = self._config
        reset_after = round(reset_s * 1000)
        return SessionStartLimit(config.identifies_per_day, remaining, reset_after, config.identify_concurrency)
