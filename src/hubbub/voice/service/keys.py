"""The API keys of an installation: kept in records, read once, and known to every room from then on."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import FieldProblem, InvalidForm
from hubbub.kernel.randomness import RandomSource
from hubbub.storage.records.port import Op, Records
from hubbub.voice.adapters import key_statements
from hubbub.voice.domain.key import ApiKey, new_key
from hubbub.voice.errors import KeyUnknown

KEYS_MAX = 100
NAME_CHARACTERS_MAX = 80
_OWN_NAME = "hubbub"


class Keys:
    """Every key, by its public part.

    Calling contract: `load` once before anything else.
    """

    def __init__(self, records: Records, clock: Clock, random: RandomSource) -> None:
        """Keep keys in `records`."""
        self._records = records
        self._clock = clock
        self._random = random
        self._keys: dict[str, ApiKey] = {}
        self.secrets: dict[str, str] = {}
        """Secret of each key; one and the same dictionary for the life of this object."""
        self.on_revoked: Callable[[str], None] = lambda _key: None
        """Called with a key that is good no longer."""

    async def load(self) -> None:
        """Read all keys."""
        for key in await self._records.fetch(key_statements.ALL):
            self._remember(key)

    async def own(self) -> ApiKey:
        """Return the key that signs what this installation hands out itself, made at its first use."""
        known = next((key for key in self._keys.values() if key.is_own), None)
        return known or await self._make(_OWN_NAME, is_own=True)

    def listed(self) -> list[ApiKey]:
        """Return the keys that were given out, oldest first."""
        return [key for key in self._keys.values() if not key.is_own]

    async def create(self, name: str) -> ApiKey:
        """Make a key to give out.

        Raises:
            InvalidForm: The name is too long, or there are as many keys as there may be.
        """
        if len(name) > NAME_CHARACTERS_MAX:
            sentence = f"A name has at most {NAME_CHARACTERS_MAX} characters."
            raise InvalidForm(fields=[FieldProblem("name", "BASE_TYPE_MAX_LENGTH", sentence)])
        if len(self._keys) >= KEYS_MAX:
            sentence = f"There are {KEYS_MAX} keys, as many as there may be; revoke one first."
            raise InvalidForm(fields=[FieldProblem("key", "BASE_TYPE_MAX_LENGTH", sentence)])
        return await self._make(name, is_own=False)

    async def revoke(self, key: str) -> None:
        """Make a key good for nothing, from now on and for who came with it.

        Raises:
            KeyUnknown: No key that was given out is called this.
        """
        known = self._keys.get(key)
        if known is None or known.is_own:
            raise KeyUnknown
        await self._records.write([Op(key_statements.DELETE, {"key": key})])
        self._keys.pop(key, None)
        self.secrets.pop(key, None)
        self.on_revoked(key)

    async def _make(self, name: str, *, is_own: bool) -> ApiKey:
        key = new_key(name, self._random, is_own=is_own, now_ms=self._clock.unix_ms())
        await self._records.write([Op(key_statements.INSERT, key._asdict(), expect=1)])
        self._remember(key)
        return key

    def _remember(self, key: ApiKey) -> None:
        self._keys[key.key] = key
        self.secrets[key.key] = key.secret
