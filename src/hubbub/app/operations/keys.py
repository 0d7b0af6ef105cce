"""API keys of every engine, as operators make, list and revoke them."""

from __future__ import annotations

from datetime import UTC, datetime

from hubbub.app.house import House, socket_url
from hubbub.app.operations.requests import CreateKey, ListKeys, RevokeKey
from hubbub.media.domain.key import KEY_PREFIX, MediaKey
from hubbub.media.domain.tus import PATH
from hubbub.voice.domain.key import ApiKey

Facts = dict[str, object]


class KeyOperations:
    """Keys of one opened house."""

    def __init__(self, house: House) -> None:
        """Work on `house`."""
        self._voice = house.voice_keys
        self._media = house.media_keys
        self._public_url = house.public_url

    async def perform(self, request: CreateKey | ListKeys | RevokeKey) -> Facts:
        """Do `request`; return its facts."""
        match request:
            case CreateKey(name=name, opens="media"):
                made = await self._media.create(name)
                url = f"{self._public_url}{PATH}"
                return {"url": url, "key": made.key.key, "secret": made.secret, "bearer": made.bearer}
            case CreateKey(name=name):
                key = await self._voice.create(name)
                return {"url": socket_url(self._public_url), "key": key.key, "secret": key.secret}
            case ListKeys():
                keys: list[tuple[ApiKey | MediaKey, str]] = [(each, "voice") for each in self._voice.listed()]
                keys += [(each, "media") for each in await self._media.listed()]
                keys.sort(key=lambda each: each[0].created_at_ms)
                return {"keys": [_facts(*each) for each in keys]}
            case RevokeKey(key=name):
                await (self._media if name.startswith(KEY_PREFIX) else self._voice).revoke(name)
                return {"revoked": name}


def _facts(key: ApiKey | MediaKey, opens: str) -> Facts:
    created = datetime.fromtimestamp(key.created_at_ms / 1000, UTC)
    return {"key": key.key, "opens": opens, "name": key.name, "created": created.isoformat(timespec="seconds")}
