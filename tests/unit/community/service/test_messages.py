"""Messages: who may send what, what is told, and what readers get."""

import msgspec
import pytest

from doubles.community_world import World, world
from hubbub.community.domain.message_form import EditForm, MessageForm
from hubbub.community.errors import (
    CannotEditOthers,
    EmptyMessage,
    MissingAccess,
    MissingPermissions,
    NotTextChannel,
    SlowMode,
    TooOldToBulkDelete,
    UnknownMessage,
    WrongBulkDelete,
)
from hubbub.events.contracts import events, objects
from hubbub.kernel.errors import InvalidForm


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as built:
        yield built


def form(**fields) -> MessageForm:
    return msgspec.convert(fields, MessageForm, strict=False)


def edit(**fields) -> EditForm:
    return msgspec.convert(fields, EditForm, strict=False)


async def send(here: World, who: int, content: str = "hello", channel: int | None = None, **fields) -> objects.Message:
    actor = here.bot if who == here.robot else here.person(who)
    sent = await here.community.messages.send(actor, channel or here.general, form(content=content, **fields))
    return msgspec.json.decode(sent, type=objects.Message)


async def page(here: World, who: int, **query) -> list[objects.Message]:
    document = await here.community.messages.page(here.person(who), here.general, **query)
    return msgspec.json.decode(document, type=list[objects.Message])


async def test_a_sent_message_is_answered_told_and_read_alike(here):
    sent = await send(here, here.bob, f"  hi <@{here.carol}> \0", nonce="n1")
    assert sent.content == f"hi <@{here.carol}>"
    assert sent.nonce == "n1"
    assert [user.username for user in sent.mentions] == ["carol"]
    (told,) = await here.told()
    assert isinstance(told, events.MessageCreated)
    assert told.guild_id == here.guild
    assert told.message.guild_id == str(here.guild)
    assert told.message.member is not msgspec.UNSET
    assert told.message.content == sent.content
    (read,) = await page(here, here.carol)
    assert msgspec.structs.replace(read, nonce="n1") == sent


async def test_every_documented_key_is_there(here):
    await send(here, here.bob)
    document = msgspec.json.decode(await here.community.messages.page(here.person(here.bob), here.general))[0]
    assert set(document) >= {
        "id", "channel_id", "author", "content", "timestamp", "edited_timestamp", "tts", "mention_everyone",
        "mentions", "mention_roles", "attachments", "embeds", "pinned", "type", "flags", "components",
    }  # fmt: skip


async def test_pages_walk_before_after_and_around(here):
    ids = [int((await send(here, here.bob, str(n))).id) for n in range(7)]
    assert [m.content for m in await page(here, here.bob, limit=3)] == ["6", "5", "4"]
    assert [m.content for m in await page(here, here.bob, limit=2, before=ids[4])] == ["3", "2"]
    assert [m.content for m in await page(here, here.bob, limit=2, after=ids[4])] == ["6", "5"]
    assert [m.content for m in await page(here, here.bob, limit=3, around=ids[3])] == ["4", "3", "2"]


async def test_strangers_and_the_silenced_are_refused(here):
    with pytest.raises(MissingAccess):
        await send(here, here.dora)
    with pytest.raises(MissingPermissions):
        await send(here, here.bob, channel=here.quiet)
    with pytest.raises(NotTextChannel):
        await send(here, here.alice, channel=here.category)
    with pytest.raises(EmptyMessage):
        await send(here, here.bob, "   ")
    with pytest.raises(MissingPermissions):
        await send(here, here.bob, tts=True)
    await send(here, here.alice, channel=here.quiet)
    assert await here.community.messages.page(here.person(here.bob), here.quiet) == b"[]"


async def test_a_timed_out_member_cannot_send(here):
    await here.add_user(77, "late")
    await here.add_member(77, timeout_until_ms=here.clock.unix_ms() + 60_000)
    with pytest.raises(MissingPermissions):
        await send(here, 77)
    here.moving.advance(61)
    await send(here, 77)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"content": "x" * 2001}, "content"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
        ({"embeds": [{"description": "x" * 4000}, {"description": "y" * 2001}]}, "embeds"),
        ({"embeds": [{"title": "a"}] * 11}, "embeds"),
        ({"embeds": [{"image": {"url": "javascript:1"}}]}, "embeds.0.image.url"),
        ({"embeds": [{"title": "a", "fields": [{"name": "", "value": "v"}]}]}, "embeds.0.fields.0.name"),
        ({"content": "a", "components": [{"type": 1}]}, "components"),
        ({"content": "a", "sticker_ids": ["1"]}, "sticker_ids"),
        ({"content": "a", "flags": 1 << 15}, "flags"),
        ({"content": "a", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "allowed_mentions"),
        ({"content": "a", "attachments": [{"id": 0, "filename": "a.png"}]}, "attachments.0.id"),
        ({"content": "a", "message_reference": {"message_id": "5"}}, "message_reference"),
    ],
)
async def test_a_refused_form_names_its_field(here, fields, path):
    with pytest.raises(InvalidForm) as refused:
        await here.community.messages.send(here.person(here.bob), here.general, form(**fields))
    assert path in {problem.path for problem in refused.value.fields}
    assert await here.told() == []


async def test_a_reply_shows_what_it_replies_to_and_mentions_its_author(here):
    first = await send(here, here.carol, "question")
    reply = await send(here, here.bob, "answer", message_reference={"message_id": first.id})
    assert reply.type == 19
    assert reply.referenced_message.content == "question"
    assert reply.message_reference.guild_id == str(here.guild)
    assert [user.id for user in reply.mentions] == [str(here.carol)]
    quiet = await send(
        here, here.bob, "no ping", message_reference={"message_id": first.id}, allowed_mentions={"parse": []}
    )
    assert quiet.mentions == []
    await here.community.messages.delete(here.person(here.carol), here.general, int(first.id))
    assert (await page(here, here.bob, limit=1))[0].referenced_message is None
    lost = await send(here, here.bob, "late", message_reference={"message_id": first.id, "fail_if_not_exists": False})
    assert lost.type == 0


async def test_everyone_is_reached_only_by_permission(here):
    assert not (await send(here, here.bob, "@everyone")).mention_everyone
    assert (await send(here, here.alice, "@everyone")).mention_everyone
    assert not (await send(here, here.alice, "@everyone", allowed_mentions={"parse": []})).mention_everyone
    assert not (await send(here, here.alice, "`@everyone`")).mention_everyone
    assert (await send(here, here.bob, f"<@&{here.helpers}>")).mention_roles == [str(here.helpers)]


async def test_a_nonce_sends_once(here):
    first = await send(here, here.bob, "one", nonce=7, enforce_nonce=True)
    again = await send(here, here.bob, "one", nonce=7, enforce_nonce=True)
    assert again.id == first.id
    assert again.nonce == 7
    other = await send(here, here.carol, "mine", nonce=7, enforce_nonce=True)
    assert other.id != first.id
    here.moving.advance(301)
    assert (await send(here, here.bob, "later", nonce=7, enforce_nonce=True)).id != first.id


async def test_slow_mode_holds_members_but_not_moderators(here):
    await here.add_channel(50, "slow", rate_limit_per_user_s=10)
    await send(here, here.bob, channel=50)
    with pytest.raises(SlowMode) as refused:
        await send(here, here.bob, channel=50)
    assert 9 < refused.value.retry_after_s <= 10
    await send(here, here.alice, channel=50)
    await send(here, here.alice, channel=50)
    here.moving.advance(10)
    await send(here, here.bob, channel=50)


async def test_a_repeated_nonce_waits_for_no_turn_in_slow_mode(here):
    await here.add_channel(50, "slow", rate_limit_per_user_s=600)
    first = await send(here, here.bob, channel=50, nonce="n", enforce_nonce=True)
    here.moving.advance(1)
    assert (await send(here, here.bob, channel=50, nonce="n", enforce_nonce=True)).id == first.id
    with pytest.raises(SlowMode):
        await send(here, here.bob, channel=50, nonce="other", enforce_nonce=True)
    await here.community.messages.delete(here.person(here.bob), 50, int(first.id))
    with pytest.raises(SlowMode):
        await send(here, here.bob, channel=50, nonce="n", enforce_nonce=True)


async def test_a_nonce_whose_message_was_deleted_names_none(here):
    first = await send(here, here.bob, nonce="n", enforce_nonce=True)
    await here.community.messages.delete(here.person(here.bob), here.general, int(first.id))
    with pytest.raises(UnknownMessage):
        await send(here, here.bob, nonce="n", enforce_nonce=True)


async def test_who_is_timed_out_reacts_to_nothing(here):
    sent = await send(here, here.alice)
    await here.community.reactions.add(here.person(here.alice), here.general, int(sent.id), "🔥")
    await here.add_user(60, "tim")
    await here.add_member(60, timeout_until_ms=here.clock.unix_ms() + 10_000)
    for emoji in ("🔥", "👍"):
        with pytest.raises(MissingPermissions):
            await here.community.reactions.add(here.person(60), here.general, int(sent.id), emoji)
    here.moving.advance(11)
    await here.community.reactions.add(here.person(60), here.general, int(sent.id), "🔥")


async def test_an_edit_names_a_hundred_problems_at_most(here):
    sent = await send(here, here.bob)
    unknown = [{"id": number} for number in range(1000)]
    with pytest.raises(InvalidForm) as refused:
        await here.community.message_edits.edit(
            here.person(here.bob), here.general, int(sent.id), edit(attachments=unknown)
        )
    assert len(refused.value.fields) == 100


async def test_an_edit_changes_what_it_names_and_no_more(here):
    sent = await send(here, here.bob, f"hi <@{here.carol}>", embeds=[{"title": "t"}])
    await here.told()
    here.moving.advance(5)
    changed = msgspec.json.decode(
        await here.community.message_edits.edit(here.person(here.bob), here.general, int(sent.id), edit(content="bye")),
        type=objects.Message,
    )
    assert changed.content == "bye"
    assert changed.mentions == []
    assert changed.embeds[0].title == "t"
    assert changed.edited_timestamp is not None
    (told,) = await here.told()
    assert isinstance(told, events.MessageUpdated)
    assert told.message.content == "bye"
    with pytest.raises(EmptyMessage):
        await here.community.message_edits.edit(
            here.person(here.bob), here.general, int(sent.id), edit(content="", embeds=[])
        )


async def test_only_the_author_edits_but_a_moderator_may_hide_embeds(here):
    sent = await send(here, here.bob)
    with pytest.raises(CannotEditOthers):
        await here.community.message_edits.edit(here.person(here.alice), here.general, int(sent.id), edit(content="x"))
    with pytest.raises(MissingPermissions):
        await here.community.message_edits.edit(here.person(here.carol), here.general, int(sent.id), edit(flags=4))
    changed = await here.community.message_edits.edit(
        here.person(here.alice), here.general, int(sent.id), edit(flags=4)
    )
    assert msgspec.json.decode(changed)["flags"] == 4


async def test_delete_is_for_the_author_and_moderators(here):
    sent = await send(here, here.bob)
    with pytest.raises(MissingPermissions):
        await here.community.messages.delete(here.person(here.carol), here.general, int(sent.id))
    await here.community.messages.delete(here.person(here.alice), here.general, int(sent.id))
    with pytest.raises(UnknownMessage):
        await here.community.messages.get(here.person(here.bob), here.general, int(sent.id))
    with pytest.raises(UnknownMessage):
        await here.community.messages.delete(here.person(here.bob), here.general, int(sent.id))


async def test_bulk_delete_keeps_its_bounds(here):
    ids = [int((await send(here, here.bob, str(n))).id) for n in range(3)]
    messages = here.community.messages
    alice = here.person(here.alice)
    with pytest.raises(WrongBulkDelete):
        await messages.delete_many(alice, here.general, ids[:1])
    with pytest.raises(InvalidForm):
        await messages.delete_many(alice, here.general, [ids[0], ids[0]])
    with pytest.raises(TooOldToBulkDelete):
        await messages.delete_many(alice, here.general, [1, ids[0]])
    await here.told()
    await messages.delete_many(alice, here.general, [ids[0], ids[1], here.snowflakes.next()])
    (told,) = await here.told()
    assert set(told.message_ids) == set(ids[:2])
    assert [m.content for m in await page(here, here.bob)] == ["2"]


async def test_a_gone_author_leaves_a_placeholder(here):
    await here.add_user(88, "ghost")
    await here.add_member(88)
    await send(here, 88, "still here")
    from sqlalchemy import delete

    from hubbub.community.adapters.tables import users
    from hubbub.storage.records.port import Op, Statement

    await here.records.write([Op(Statement("test.erase", delete(users).where(users.c.id == 88)))])
    here.community.ports.users.forget(88)
    (read,) = await page(here, here.bob)
    assert read.content == "still here"
    assert read.author.id == "88"
    assert read.author.global_name == "Deleted user"
