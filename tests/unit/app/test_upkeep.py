import asyncio
from types import SimpleNamespace

import pytest

from hubbub.app import upkeep as module
from hubbub.app.upkeep import upkeep
from hubbub.kernel.errors import Overloaded


@pytest.fixture
def community(monkeypatch):
    for name in ("INTERACTIONS", "FILES", "ACCOUNTS", "NONCES", "LEFTOVERS"):
        monkeypatch.setattr(module, f"_{name}_EVERY_S", 0)
    turns = SimpleNamespace(interactions=0, accounts=0, attachments=0, messages=0, leftovers=0, awaited=0)

    def engine(name, failure=None):
        async def sweep():
            setattr(turns, name, getattr(turns, name) + 1)
            if failure is not None:
                raise failure
            return 0

        return SimpleNamespace(sweep=sweep, news=asyncio.Event(), look_again_s=lambda: 0.0)

    return SimpleNamespace(
        turns=turns,
        interactions=engine("interactions"),
        accounts=engine("accounts", Overloaded()),
        attachments=engine("attachments", LookupError("a bad row")),
        messages=engine("messages"),
        awaited_files=engine("awaited"),
        ports=SimpleNamespace(objects=SimpleNamespace(remove_leftovers=engine("leftovers").sweep)),
    )


async def test_everything_is_swept_again_and_again_whatever_fails(community):
    async with asyncio.timeout(5), upkeep(community):
        while min(vars(community.turns).values()) < 3:  # noqa: ASYNC110 - counts what others do in their turns
            await asyncio.sleep(0)
    after = dict(vars(community.turns))
    await asyncio.sleep(0)
    assert vars(community.turns) == after


async def test_an_error_inside_stays_itself(community):
    with pytest.raises(Overloaded):
        async with upkeep(community):
            raise Overloaded


async def test_whoever_keeps_files_is_told_at_once_when_some_were_let_go(community, monkeypatch):
    monkeypatch.setattr(module, "_FILES_EVERY_S", 3600)
    released, number = asyncio.Event(), [0]

    async def sweep():
        return number[0]

    community.attachments.sweep = sweep
    async with asyncio.timeout(5), upkeep(community, released.set):
        community.attachments.news.set()
        while community.attachments.news.is_set():  # noqa: ASYNC110 - cleared by whoever looks
            await asyncio.sleep(0)
        assert not released.is_set()
        number[0] = 1
        community.attachments.news.set()
        await released.wait()
