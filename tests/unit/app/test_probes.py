import asyncio
from types import SimpleNamespace

import pytest

from hubbub.app import probes
from hubbub.app.media import Media
from hubbub.kernel.clock import ManualClock
from hubbub.storage.cache import MemoryCache
from hubbub.storage.errors import CacheUnavailable, StorageUnavailable
from hubbub.storage.valkey import SharedCache


class Away:
    """A service that is not there, or does not answer."""

    def __init__(self, problem=None):
        self.problem = problem

    async def get(self, _key):
        if self.problem is None:
            await asyncio.Event().wait()
        raise self.problem

    head = get


def house_with(**parts):
    config = SimpleNamespace(cache="valkey://cache", objects="s3://bucket")
    return SimpleNamespace(config=config, **parts)


@pytest.mark.parametrize("away", [Away(), Away(CacheUnavailable())], ids=["silent", "gone"])
async def test_without_valkey_a_server_is_well_and_says_what_is_lacking(monkeypatch, away):
    monkeypatch.setattr(probes, "_PATIENCE_S", 0.0 if away.problem is None else 1.0)
    told = await probes.cache(house_with(cache=SharedCache(away, None)))
    assert told.startswith("Valkey does not answer: each process renders")
    assert "hubbub doctor" in told


async def test_a_valkey_that_answers_is_told():
    assert await probes.cache(house_with(cache=SharedCache(MemoryCache(ManualClock()), None))) == "Valkey answers"


@pytest.mark.parametrize("away", [Away(), Away(StorageUnavailable())], ids=["silent", "gone"])
async def test_an_object_store_out_of_reach_is_named(monkeypatch, away):
    monkeypatch.setattr(probes, "_PATIENCE_S", 0.0 if away.problem is None else 1.0)
    with pytest.raises(StorageUnavailable, match=r"s3://bucket does not answer.*hubbub doctor"):
        await probes.storage(house_with(objects=away))


async def test_media_names_what_is_not_to_be_had_and_what_does_not_work_for_it():
    async def count(_state):
        return 0

    parts = dict.fromkeys(Media._fields)
    parts |= {"jobs": SimpleNamespace(running=0), "store": SimpleNamespace(count=count)}
    parts |= {"sandbox": SimpleNamespace(failed=False, missing=("landlock", "seccomp"), has_ffmpeg=False)}
    told = await Media(**parts).health()
    assert "the sandbox lacks landlock and seccomp (hubbub doctor)" in told
    assert "no ffmpeg: videos" in told
    parts |= {"sandbox": SimpleNamespace(failed=True, missing=(), has_ffmpeg=True)}
    assert (await Media(**parts).health()).endswith("pictures and videos wait for a sandbox (hubbub doctor)")
