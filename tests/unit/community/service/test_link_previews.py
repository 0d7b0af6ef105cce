"""Links of messages are shown after a while, to everyone, unless somebody would not have it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from msgspec import UNSET

from doubles.community_world import World, world
from hubbub.community.domain.message_form import SUPPRESS_EMBEDS, EditForm, MessageForm
from hubbub.community.domain.permissions import DEFAULT_EVERYONE, Permissions
from hubbub.community.service.links_port import LinkPicture, LinkPreview, LinkPreviews
from hubbub.community.service.roles import RoleChange
from hubbub.events.contracts import events, objects
from hubbub.storage.errors import StorageBusy

A, B = "https://a.example/x", "https://b.example/y"
PNG = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d49484452000000280000001e0806000000") + b"\0" * 40


class Web(LinkPreviews):
    """Previews by address, given when `open`."""

    def __init__(self) -> None:
        self.previews: dict[str, LinkPreview] = {}
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()

    async def preview(self, url: str) -> LinkPreview | None:
        self.asked.append(url)
        await self.open.wait()
        return self.previews.get(url)


@pytest.fixture
def web():
    web = Web()
    web.previews[A] = LinkPreview(
        "article", title="A page", site="A", color=5, author="Ann", author_url="https://a.example/ann"
    )
    web.previews[B] = LinkPreview("link", title="B page", description="Of B")
    return web


@pytest.fixture
async def here(tmp_path, web):
    async with world(tmp_path) as built:
        built.community.message_previews.begin(web)
        yield built
        await built.community.message_previews.end()


async def send(here: World, content: str, who: int | None = None, **fields) -> objects.Message:
    form = msgspec.convert({"content": content, **fields}, MessageForm, strict=False)
    sent = await here.community.messages.send(here.person(who or here.bob), here.general, form)
    await here.told()
    return msgspec.json.decode(sent, type=objects.Message)


async def edit(here: World, message: objects.Message, who: int | None = None, **fields) -> objects.Message:
    form = msgspec.convert(fields, EditForm, strict=False)
    edited = await here.community.message_edits.edit(here.person(who or here.bob), here.general, int(message.id), form)
    await here.told()
    return msgspec.json.decode(edited, type=objects.Message)


async def read(here: World, message: objects.Message) -> objects.Message:
    found = await here.community.messages.get(here.person(here.carol), here.general, int(message.id))
    return msgspec.json.decode(found, type=objects.Message)


async def shown(here: World) -> int:
    """Show what waits; return how many messages were taken."""
    previews = here.community.message_previews
    taken = await previews.sweep()
    await asyncio.gather(*previews._running)
    return taken


async def picture(here: World, name: str = "a.png") -> LinkPicture:
    async def chunks():
        yield PNG

    asset_id = await here.library.store("links", name, chunks(), 1_000)
    return LinkPicture(f"https://a.example/{name}", asset_id, name, 40, 30, b"\x01\x02")


async def test_links_are_told_of_as_previews_after_the_message(here):
    sent = await send(here, f"{A} and {B}")
    assert sent.embeds == []
    assert here.community.message_previews.news.is_set()
    await shown(here)
    (told,) = await here.told()
    assert isinstance(told, events.MessageUpdated)
    first, second = told.message.embeds
    assert (first.type, first.url, first.title, first.color) == ("article", A, "A page", 5)
    assert first.provider == objects.EmbedProvider(name="A")
    assert first.author == objects.EmbedAuthor(name="Ann", url="https://a.example/ann")
    assert (second.type, second.url, second.title, second.description) == ("link", B, "B page", "Of B")
    assert told.message.edited_timestamp is None
    assert told.message.guild_id == str(here.guild)
    assert (await read(here, sent)).embeds == told.message.embeds
    assert await shown(here) == 0


async def test_a_picture_is_held_by_its_message_and_delivered_from_here(here, web):
    taken = await picture(here)
    web.previews[A] = web.previews[A]._replace(picture=taken)
    sent, again = await send(here, A), await send(here, A)
    await shown(here)
    await here.library.collect()
    media = (await read(here, sent)).embeds[0].thumbnail
    assert media is not UNSET
    assert media.proxy_url == here.library.address(taken.asset_id, "a.png")
    assert (media.url, media.width, media.height, media.placeholder) == (taken.url, 40, 30, "AQI=")
    assert len(await here.library.holders(taken.asset_id)) == 2
    await edit(here, sent, content="nothing")
    assert await here.library.holders(taken.asset_id) == [f"links:{again.id}"]


async def test_pictures_are_let_go_once_their_messages_are_gone(here, web):
    web.previews[A] = web.previews[A]._replace(picture=await picture(here))
    web.previews[B] = web.previews[B]._replace(picture=await picture(here, "b.png"))
    gone, left = await send(here, f"{A} {B}"), await send(here, A)
    await shown(here)
    await here.community.messages.delete(here.person(here.bob), here.general, int(gone.id))
    assert await here.community.message_previews.let_go() == 2
    assert await here.community.message_previews.let_go() == 0
    await here.library.collect()
    assert [file.filename for file in here.library.files.values()] == ["a.png"]
    assert (await read(here, left)).embeds


async def test_a_picture_that_was_collected_meanwhile_is_left_out(here, web):
    web.previews[A] = web.previews[A]._replace(picture=await picture(here))
    sent = await send(here, A)
    await here.library.collect()
    await shown(here)
    (embed,) = (await read(here, sent)).embeds
    assert (embed.title, embed.thumbnail) == ("A page", UNSET)


async def test_whoever_may_not_embed_and_whoever_suppresses_gets_no_previews(here, web):
    await send(here, A, flags=SUPPRESS_EMBEDS)
    await send(here, f"<{A}> `{B}`")
    change = RoleChange(permissions=DEFAULT_EVERYONE & ~Permissions.EMBED_LINKS)
    await here.community.roles.change(here.person(here.alice), here.guild, here.guild, change)
    await send(here, A)
    assert await shown(here) == 0
    assert web.asked == []


async def test_an_author_removes_previews_and_brings_them_back(here):
    sent = await send(here, A)
    await shown(here)
    suppressed = await edit(here, sent, flags=SUPPRESS_EMBEDS)
    assert suppressed.embeds == []
    assert suppressed.edited_timestamp is None
    assert await shown(here) == 0
    await edit(here, sent, flags=0)
    await shown(here)
    assert [embed.title for embed in (await read(here, sent)).embeds] == ["A page"]


async def test_a_moderator_removes_previews(here):
    sent = await send(here, A)
    await shown(here)
    await edit(here, sent, here.alice, flags=SUPPRESS_EMBEDS)
    assert (await read(here, sent)).embeds == []


async def test_suppressing_while_the_page_is_fetched_wins(here, web):
    web.open.clear()
    sent = await send(here, A)
    await here.community.message_previews.sweep()
    await edit(here, sent, flags=SUPPRESS_EMBEDS)
    web.open.set()
    await asyncio.gather(*here.community.message_previews._running)
    assert (await read(here, sent)).embeds == []
    assert await here.told() == []


async def test_an_edit_keeps_what_stays_drops_what_went_and_shows_what_came(here, web):
    sent = await send(here, A)
    await shown(here)
    edited = await edit(here, sent, content=f"{A} {B}")
    assert [embed.url for embed in edited.embeds] == [A]
    del web.previews[A]  # a page that does not answer now keeps the preview that it had
    await shown(here)
    assert [embed.url for embed in (await read(here, sent)).embeds] == [A, B]
    edited = await edit(here, sent, content=B)
    assert [embed.url for embed in edited.embeds] == [B]
    edited = await edit(here, sent, content="gone")
    assert edited.embeds == []


async def test_an_edit_while_the_page_is_fetched_is_shown_and_the_older_look_changes_nothing(here, web):
    web.open.clear()
    sent = await send(here, A)
    await here.community.message_previews.sweep()
    await edit(here, sent, content=B)
    web.open.set()
    await asyncio.gather(*here.community.message_previews._running)
    await shown(here)
    assert [embed.url for embed in (await read(here, sent)).embeds] == [B]


async def test_embeds_of_an_author_stay_beside_previews(here, web):
    own = {"title": "Mine", "url": A}
    sent = await send(here, A, embeds=[own])
    await shown(here)
    assert [(embed.type, embed.title) for embed in (await read(here, sent)).embeds] == [
        ("rich", "Mine"),
        ("article", "A page"),
    ]
    await edit(here, sent, embeds=[])
    await shown(here)
    assert [embed.title for embed in (await read(here, sent)).embeds] == ["A page"]


async def test_a_deleted_message_ends_its_turn_quietly(here):
    sent = await send(here, A)
    await here.community.messages.delete(here.person(here.bob), here.general, int(sent.id))
    await here.told()
    assert await shown(here) == 1
    assert await shown(here) == 0
    assert await here.told() == []


async def test_links_wait_over_a_restart(here, web):
    web.open.clear()
    sent = await send(here, A)
    await here.community.message_previews.sweep()
    await here.community.message_previews.end()
    web.open.set()
    here.community.message_previews.begin(web)
    assert await shown(here) == 1
    assert (await read(here, sent)).embeds


async def test_a_message_whose_process_was_killed_is_taken_up_when_its_lease_ends_and_not_for_ever(here, web):
    web.open.clear()
    await send(here, A)
    previews = here.community.message_previews
    killed = []
    for _ in range(5):
        assert await previews.sweep() == 1
        assert await previews.sweep() == 0
        killed += previews._running
        previews._running.clear()
        here.moving.advance(21)
    assert await previews.sweep() == 1
    here.moving.advance(21)
    assert await previews.sweep() == 0
    for task in killed:
        task.cancel()
    await asyncio.gather(*killed, return_exceptions=True)
    assert len(web.asked) == 5


async def test_a_slow_message_is_looked_at_once_and_an_edit_of_it_afterwards(here, web):
    web.open.clear()
    sent = await send(here, A)
    previews = here.community.message_previews
    assert await previews.sweep() == 1
    here.moving.advance(60)
    assert await previews.sweep() == 0
    await edit(here, sent, content=B)
    assert await previews.sweep() == 0
    web.open.set()
    await asyncio.gather(*previews._running)
    await shown(here)
    assert web.asked == [A, B]
    assert [embed.url for embed in (await read(here, sent)).embeds] == [B]


async def test_while_records_are_busy_a_message_waits(here, web, monkeypatch):
    sent = await send(here, A)
    reader = here.community.message_reader

    async def busy(*_):
        raise StorageBusy

    with monkeypatch.context() as patch:
        patch.setattr(reader, "row", busy)
        await shown(here)
    here.moving.advance(11)
    await shown(here)
    assert (await read(here, sent)).embeds


async def test_direct_messages_show_links_to_both(here):
    opened = await here.community.direct_messages.open(here.person(here.bob), here.carol)
    form = msgspec.convert({"content": A}, MessageForm)
    await here.community.messages.send(here.person(here.bob), int(opened.id), form)
    await here.told()
    await shown(here)
    (told,) = await here.told()
    assert isinstance(told, events.MessageUpdated)
    assert set(told.recipients) == {here.bob, here.carol}
    assert told.message.embeds


async def test_nothing_waits_while_nobody_makes_previews(here):
    await here.community.message_previews.end()
    await send(here, A)
    here.community.message_previews.begin(Web())
    assert await shown(here) == 0
