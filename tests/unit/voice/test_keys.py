"""API keys outlive the process, sign at once, and are good for nothing once revoked."""

import pytest

from hubbub.app.migrations import all_tables
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.errors import InvalidForm
from hubbub.kernel.randomness import SeededRandom
from hubbub.storage.records.create import create_all
from hubbub.storage.records.sqlite import SqliteRecords
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.token import sign_token, verify_token
from hubbub.voice.errors import KeyUnknown, TokenRefused
from hubbub.voice.service.keys import KEYS_MAX, Keys


@pytest.fixture
async def records(tmp_path):
    path = tmp_path / "records.db"
    create_all(path, all_tables())
    opened = await SqliteRecords.open(path)
    yield opened
    await opened.close()


async def keys_of(records, seed=1):
    keys = Keys(records, ManualClock(), SeededRandom(seed))
    await keys.load()
    return keys


async def test_a_key_signs_tokens_at_once_and_after_a_restart(records):
    made = await (keys := await keys_of(records)).create("load test")
    assert made.key.startswith("API")
    assert len(made.secret) >= 43
    token = sign_token(Claims(identity="ada", video=VideoGrant(room_join=True)), made.key, made.secret, now_s=0)
    for known in (keys, await keys_of(records)):
        assert verify_token(token, known.secrets, now_s=1).claims.identity == "ada"
        assert [(key.key, key.name) for key in known.listed()] == [(made.key, "load test")]


async def test_a_revoked_key_is_good_for_nothing_and_told(records):
    keys, revoked = await keys_of(records), []
    keys.on_revoked = revoked.append
    made = await keys.create("")
    await keys.revoke(made.key)
    assert revoked == [made.key]
    token = sign_token(Claims(), made.key, made.secret, now_s=0)
    for known in (keys, await keys_of(records)):
        with pytest.raises(TokenRefused):
            verify_token(token, known.secrets, now_s=1)
    with pytest.raises(KeyUnknown):
        await keys.revoke(made.key)


async def test_the_own_key_stays_the_same_and_is_neither_shown_nor_revoked(records):
    keys = await keys_of(records)
    own = await keys.own()
    assert await keys.own() == own
    assert await (await keys_of(records, seed=2)).own() == own
    assert keys.listed() == []
    with pytest.raises(KeyUnknown):
        await keys.revoke(own.key)


async def test_names_and_numbers_are_bounded(records):
    keys = await keys_of(records)
    with pytest.raises(InvalidForm):
        await keys.create("x" * 81)
    for number in range(KEYS_MAX):
        await keys.create(str(number))
    with pytest.raises(InvalidForm):
        await keys.create("one more")


async def test_no_representation_shows_a_secret(records):
    made = await (await keys_of(records)).create("")
    assert made.secret not in repr(made)
    assert made.secret not in f"{made} {[made]}"
