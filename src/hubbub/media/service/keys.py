"""The media keys of an installation: asked for at each request, so that a revoked one is good for nothing at once."""

from __future__ import annotations

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import FieldProblem, InvalidForm
from hubbub.kernel.randomness import RandomSource
from hubbub.media.adapters import key_statements
from hubbub.media.domain.key import MadeKey, MediaKey, new_key
from hubbub.media.errors import KeyRefused, KeyUnknown
from hubbub.storage.records.port import Op, Records

KEYS_MAX = 100
NAME_CHARACTERS_MAX = 80
_BEARER = "bearer "


class MediaKeys:
    """Every media key."""

    def __init__(self, records: Records, clock: Clock, random: RandomSource) -> None:
        """Keep keys in `records`."""
        self._records = records
        self._clock = clock
        self._random = random

    async def create(self, name: str) -> MadeKey:
        """Make a key to give out.

        Raises:
            InvalidForm: The name is too long, or there are as many keys as there may be.
        """
        if len(name) > NAME_CHARACTERS_MAX:
            sentence = f"A name has at most {NAME_CHARACTERS_MAX} characters."
            raise InvalidForm(fields=[FieldProblem("name", "BASE_TYPE_MAX_LENGTH", sentence)])
        if (await self._records.fetch_one(key_statements.COUNT) or 0) >= KEYS_MAX:
            sentence = f"There are {KEYS_MAX} keys, as many as there may be; revoke one first."
            raise InvalidForm(fields=[FieldProblem("key", "BASE_TYPE_MAX_LENGTH", sentence)])
        made = new_key(name, self._random, self._clock.unix_ms())
        await self._records.write([Op(key_statements.INSERT, made.key._asdict(), expect=1)])
        return made

    async def listed(self) -> list[MediaKey]:
        """Return all keys, oldest first."""
        return await self._records.fetch(key_statements.ALL)

    async def revoke(self, key: str) -> None:
        """Make a key good for nothing; what was uploaded with it stays.

        Raises:
            KeyUnknown: No key is called this.
        """
        (deleted,) = await self._records.write([Op(key_statements.DELETE, {"key": key})])
        if not deleted:
            raise KeyUnknown

    async def admit(self, authorization: str) -> MediaKey:
        """Return the key that the value of an Authorization header shows.

        Raises:
            KeyRefused: It shows none, or one that is not good.
        """
        key, _, secret = authorization[len(_BEARER) :].strip().partition(".")
        if not authorization.lower().startswith(_BEARER) or not secret:
            raise KeyRefused
        found = await self._records.fetch_one(key_statements.GET, {"key": key})
        if found is None or not found.opens(secret):
            raise KeyRefused("The media key is not good, or no longer.")
        return found
