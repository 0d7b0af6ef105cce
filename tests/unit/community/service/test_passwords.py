"""Passwords are hashed in a bounded pool."""

import asyncio

import pytest

from hubbub.community.service.passwords import Passwords
from hubbub.kernel.errors import Overloaded


@pytest.fixture
def passwords():
    made = Passwords(threads=1, queue=1, memory_kib=64)
    yield made
    made.close()


async def test_a_password_matches_its_own_hash_only(passwords):
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert await passwords.matches(kept, "correct horse")
    assert not await passwords.matches(kept, "correct house")
    assert not await passwords.matches(None, "correct horse")
    assert not await passwords.matches("no hash at all", "correct horse")


async def test_more_than_may_wait_are_turned_away(passwords):
    answers = await asyncio.gather(*(passwords.hash("x") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(answer, Overloaded) for answer in answers) == 3
    await passwords.hash("x")


def test_the_defaults_are_those_of_the_design():
    made = Passwords(threads=1, queue=1)
    try:
        assert (made._hasher.memory_cost, made._hasher.time_cost, made._hasher.parallelism) == (19 * 1024, 2, 1)
    finally:
        made.close()
