"""The keys that sign addresses: made once for an installation, or given by its settings."""

from __future__ import annotations

from hubbub.kernel.clock import Clock
from hubbub.kernel.randomness import RandomSource
from hubbub.media.adapters import secret_statements as statements
from hubbub.media.config import MediaConfig
from hubbub.media.domain.signature import KEY_BYTES_MIN, Signer
from hubbub.storage.errors import UniqueViolation
from hubbub.storage.records.port import Op, Records


class SigningKeys:
    """The keys of an installation, in its records, so that all its processes sign alike."""

    def __init__(self, records: Records, clock: Clock, random: RandomSource) -> None:
        """Keep keys in `records`."""
        self._records = records
        self._clock = clock
        self._random = random

    async def signer(self, config: MediaConfig) -> Signer:
        """Return what signs as `config` says, with a key of the installation's own when it names none."""
        if config.signing_key:
            before = config.signing_key_before.encode() or None
            keys = [config.signing_key.encode(), before]
        else:
            found = await self._newest()
            if not found:
                await self._make(1)
                found = await self._newest()
            keys = [*(each.secret for each in found), None]
        return Signer(
            keys[0] or b"",
            keys[1],
            lifetime_s=config.address_lifetime_s,
            bucket_s=config.address_bucket_s,
        )

    async def rotate(self) -> int:
        """Make a new key, which servers sign with from their next start on; return how many there were so far.

        What the newest one signed stays good until it ends, what those before it signed does not.
        """
        newest = await self._newest()
        n = (newest[0].n if newest else 0) + 1
        await self._make(n)
        return n

    async def _newest(self) -> list[statements.Secret]:
        return await self._records.fetch(statements.NEWEST)

    async def _make(self, n: int) -> None:
        made = {"n": n, "secret": self._random.token_bytes(KEY_BYTES_MIN), "created_at_ms": self._clock.unix_ms()}
        try:
            await self._records.write([Op(statements.INSERT, made), Op(statements.FORGET, {"before_n": n - 1})])
        except UniqueViolation:
            return  # another process was first, and its key is as good
