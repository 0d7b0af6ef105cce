"""Messages over REST: bodies, files, ranges, reactions, pins, direct messages."""

import asyncio
import io
import json
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from doubles.community_world import PUBLIC_URL, world
from hubbub.events.contracts import events

API = "/api/v10"


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path, upload_bytes_max=1_000_000, upload_bytes_total_max=1_500_000) as built:
        yield built


@pytest.fixture
def bob(here):
    return here.client(here.bob)


def picture(width=32, height=16) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


async def held(here) -> list[int]:
    """Return the files that messages hold."""
    return [asset_id for asset_id in here.library.files if await here.library.holders(asset_id)]


def messages_of(here, channel=None) -> str:
    return f"{API}/channels/{channel or here.general}/messages"


async def test_content_type_is_plain_json(here, bob):
    sent = await bob.post(messages_of(here), json={"content": "hi"})
    assert sent.status_code == 200
    assert sent.headers["content-type"] == "application/json"
    read = await bob.get(messages_of(here))
    assert read.headers["content-type"] == "application/json"
    assert [m["content"] for m in read.json()] == ["hi"]


async def test_booleans_and_ids_come_in_every_spelling(here, bob):
    first = (await bob.post(messages_of(here), json={"content": "a"})).json()
    body = {"content": "b", "tts": 0, "message_reference": {"message_id": int(first["id"]), "fail_if_not_exists": 1}}
    assert (await bob.post(messages_of(here), json=body)).json()["referenced_message"]["id"] == first["id"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, 50109),
        (b'{"content": 5}', "application/json", 400, 50035),
        (b"hi", "text/plain", 415, 50035),
        (b"nonsense", "multipart/form-data; boundary=x", 400, 50109),
        (b"", "multipart/form-data", 400, 50109),
        (b'{"content": "\\ud800"}', "application/json", 400, 50109),
    ],
)
async def test_a_broken_body_is_refused_in_kind(here, bob, body, kind, status, code):
    answer = await bob.post(messages_of(here), content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def old_message(here, filename: str, content: bytes, content_type: str) -> tuple[int, str]:
    """Write a message as it was written when files were objects; return its id and its file's address."""
    message_id, file_id = here.snowflakes.next(), here.snowflakes.next()
    path = f"attachments/{here.general}/{file_id}"
    url = f"{PUBLIC_URL}/cdn/{path}/{filename}?k=secret"
    file = {"id": str(file_id), "filename": filename, "size": len(content), "url": url, "proxy_url": url}
    document = {"id": str(message_id), "channel_id": str(here.general), "content": "", "timestamp": "2026-01-01"}
    await here.insert(
        "messages",
        **dict.fromkeys(("reference_id", "pinned_at_ms", "interaction_json", "visible_to")),
        channel_id=here.general,
        id=message_id,
        author_id=here.bob,
        document=json.dumps({**document, "attachments": [file]}).encode()[:-1],
        mention_ids_json=b"[]",
        reaction_count=0,
    )
    await here.insert(
        "attachments",
        id=file_id,
        channel_id=here.general,
        message_id=message_id,
        filename=filename,
        content_type=content_type,
        size_bytes=len(content),
        secret="secret",
    )
    await here.community.ports.objects.put(f"{path}-secret", content)
    return message_id, url


async def test_files_of_old_stay_where_they_were(here, bob):
    content = picture()
    message_id, url = await old_message(here, "box.png", content, "image/png")
    (message,) = (await bob.get(messages_of(here))).json()
    assert message["attachments"][0]["url"] == message["attachments"][0]["proxy_url"] == url
    assert "media" not in message["attachments"][0]
    async with here.client(None) as anyone:
        whole = await anyone.get(url)
        assert whole.content == content
        assert whole.headers["content-type"] == "image/png"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in whole.headers["content-security-policy"]
        assert "immutable" in whole.headers["cache-control"]
        assert whole.headers["content-disposition"].startswith("inline")
        part = await anyone.get(url, headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, content[4:8])
        assert part.headers["content-range"] == f"bytes 4-7/{len(content)}"
        tail = await anyone.get(url, headers={"Range": "bytes=-3"})
        assert tail.content == content[-3:]
        beyond = await anyone.get(url, headers={"Range": f"bytes={len(content)}-"})
        assert beyond.status_code == 416
        again = await anyone.get(url, headers={"If-None-Match": whole.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await anyone.get(url.partition("?")[0])).status_code == 404
    edited = await bob.patch(f"{messages_of(here)}/{message_id}", json={"content": "still here"})
    assert edited.json()["attachments"][0]["url"] == url
    assert (await bob.delete(f"{messages_of(here)}/{message_id}")).status_code == 204
    await here.community.attachments.sweep()
    assert [key async for key in here.community.ports.objects.keys("attachments")] == []


async def test_a_page_of_old_that_calls_itself_a_picture_is_offered_for_download(here, bob):
    _, url = await old_message(here, "x.png", b"<svg onload=alert(1)>", "application/octet-stream")
    served = await bob.get(url)
    assert served.headers["content-type"] == "application/octet-stream"
    assert served.headers["content-disposition"].startswith("attachment")


async def test_an_asset_is_not_found_at_an_address_of_old(here, bob):
    sent = (await bob.post(messages_of(here), files={"files[0]": ("a.txt", b"a")})).json()
    path = f"/cdn/attachments/{here.general}/{sent['attachments'][0]['id']}/a.txt"
    for query in ("", "?k="):
        assert (await bob.get(f"{path}{query}")).status_code == 404


async def test_form_fields_stand_in_for_the_payload(here, bob):
    sent = await bob.post(
        messages_of(here), data={"content": "plain", "tts": "false", "nonce": "5"}, files={"file": b"x"}
    )
    assert sent.status_code == 200, sent.text
    assert (sent.json()["content"], sent.json()["nonce"], len(sent.json()["attachments"])) == ("plain", "5", 1)


@pytest.mark.parametrize("sizes", [[1_000_001], [900_000, 700_000]])
async def test_too_much_is_refused_by_name_and_leaves_nothing(here, bob, sizes):
    files = {f"files[{n}]": (f"{n}.bin", b"\0" * size) for n, size in enumerate(sizes)}
    answer = await bob.post(messages_of(here), files=files)
    assert (answer.status_code, answer.json()["code"]) == (413, 40005)
    assert str(len(sizes) - 1) in answer.json()["errors"]["files"]
    assert await held(here) == []
    assert await here.told() == []


async def test_files_without_permission_are_not_even_read(here, bob):
    answer = await bob.post(messages_of(here, here.quiet), files={"files[0]": b"x"})
    assert answer.json()["code"] == 50013
    assert here.library.files == {}


async def test_files_of_a_refused_form_are_held_by_nobody(here, bob):
    answer = await bob.post(messages_of(here), data={"content": "x" * 2001}, files={"files[0]": b"x"})
    assert answer.status_code == 400
    assert await held(here) == []


async def test_an_upload_that_stops_leaves_nothing(here, bob):
    async def half():
        yield b'--b\r\nContent-Disposition: form-data; name="files[0]"; filename="a"\r\n\r\n' + b"x" * 400_000
        await asyncio.sleep(0)

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await bob.post(messages_of(here), content=half(), headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (400, 50109)
    assert here.library.files == {}


async def test_an_edit_keeps_drops_and_adds_files(here, bob):
    sent = await bob.post(messages_of(here), files={"files[0]": ("a.txt", b"a"), "files[1]": ("b.txt", b"b")})
    message = sent.json()
    kept = message["attachments"][1]
    payload = {"attachments": [{"id": kept["id"]}, {"id": 0, "filename": "c.txt"}]}
    changed = await bob.patch(
        f"{messages_of(here)}/{message['id']}",
        data={"payload_json": json.dumps(payload)},
        files={"files[0]": ("c.txt", b"c")},
    )
    assert [a["filename"] for a in changed.json()["attachments"]] == ["b.txt", "c.txt"]
    await here.community.attachments.sweep()
    assert len(await held(here)) == 2


async def test_reactions_count_and_answer_alike(here, bob):
    message = (await bob.post(messages_of(here), json={"content": "a"})).json()
    base = f"{messages_of(here)}/{message['id']}/reactions"
    await here.add_emoji(999_999_999_999_999_999, "party")
    fire, custom = quote("🔥"), "party:999999999999999999"
    async with here.client(here.carol) as carol:
        for emoji in (fire, custom):
            here.moving.advance(1)
            assert (await bob.put(f"{base}/{emoji}/@me")).status_code == 204
        assert (await bob.put(f"{base}/{fire}/@me")).status_code == 204
        assert (await carol.put(f"{base}/{fire}/@me")).status_code == 204
        shown = (await carol.get(f"{messages_of(here)}/{message['id']}")).json()["reactions"]
        assert [(r["emoji"]["name"], r["count"], r["me"]) for r in shown] == [("🔥", 2, True), ("party", 1, False)]
        users = (await carol.get(f"{base}/{fire}?limit=1")).json()
        assert [user["username"] for user in users] == ["bob"]
        users = (await carol.get(f"{base}/{fire}?after={users[0]['id']}")).json()
        assert [user["username"] for user in users] == ["carol"]
        assert (await carol.delete(f"{base}/{fire}/{here.bob}")).json()["code"] == 50013
        assert (await bob.delete(f"{base}/{fire}/@me")).status_code == 204
        assert (await bob.delete(f"{base}/{fire}/@me")).status_code == 204
        assert (await bob.put(f"{base}/nonsense/@me")).json()["code"] == 10014
        assert (await bob.put(f"{base}/x:123456789012345678/@me")).json()["code"] in (10014, 50013)
    async with here.client(here.alice) as alice:
        assert (await alice.delete(base)).status_code == 204
        assert "reactions" not in (await alice.get(f"{messages_of(here)}/{message['id']}")).json()
    kinds = [type(event).__name__ for event in await here.told()]
    assert kinds == ["MessageCreated", *["ReactionAdded"] * 3, "ReactionRemoved", "ReactionsCleared"]


async def test_twenty_different_reactions_are_the_most(here, bob):
    message = (await bob.post(messages_of(here), json={"content": "a"})).json()
    base = f"{messages_of(here)}/{message['id']}/reactions"
    for n in range(20):
        assert (await bob.put(f"{base}/{quote(chr(0x1F600 + n))}/@me")).status_code == 204
    assert (await bob.put(f"{base}/{quote(chr(0x1F620))}/@me")).json()["code"] == 30010


async def test_pins_by_both_addresses(here, bob):
    message = (await bob.post(messages_of(here), json={"content": "a"})).json()
    pins, older = f"{messages_of(here)}/pins", f"{API}/channels/{here.general}/pins"
    assert (await bob.put(f"{pins}/{message['id']}")).json()["code"] == 50013
    async with here.client(here.alice) as alice:
        assert (await alice.put(f"{pins}/{message['id']}")).status_code == 204
        assert (await alice.put(f"{older}/{message['id']}")).status_code == 204
        found = (await alice.get(pins)).json()
        assert found["has_more"] is False
        assert found["items"][0]["message"]["pinned"] is True
        assert [m["id"] for m in (await alice.get(older)).json()] == [message["id"]]
        notice = (await alice.get(messages_of(here))).json()[0]
        assert notice["type"] == 6
        assert notice["message_reference"]["message_id"] == message["id"]
        assert (await alice.delete(f"{older}/{message['id']}")).status_code == 204
        assert (await alice.get(pins)).json()["items"] == []
    kinds = [type(event).__name__ for event in await here.told()]
    assert kinds.count("PinsUpdated") == 2


async def test_reading_marks_mentions_as_read(here, bob):
    states = here.community.read_states
    async with here.client(here.carol) as carol:
        here.moving.advance(1)
        await bob.post(messages_of(here), json={"content": f"<@{here.carol}> one"})
        await bob.post(messages_of(here), json={"content": f"<@&{here.helpers}> two"})
        last = (await bob.post(messages_of(here), json={"content": "three"})).json()
        state = {s.channel_id: s for s in await states.of_user(here.carol, [here.guild])}[str(here.general)]
        assert state.mention_count == 2
        mine = {s.channel_id: s for s in await states.of_user(here.bob, [here.guild])}[str(here.general)]
        assert (mine.mention_count, mine.last_message_id) == (0, last["id"])
        assert (await carol.post(f"{messages_of(here)}/{last['id']}/ack", json={})).status_code == 204
        state = {s.channel_id: s for s in await states.of_user(here.carol, [here.guild])}[str(here.general)]
        assert (state.mention_count, state.last_message_id) == (0, last["id"])
        told = [event for event in await here.told() if isinstance(event, events.ReadStateUpdated)]
        assert [event.read_state.last_message_id for event in told] == [last["id"]]
        await bob.post(messages_of(here), json={"content": f"<@{here.carol}> four"})
        assert (await carol.post(f"{API}/guilds/{here.guild}/ack", json={})).status_code == 204
        state = {s.channel_id: s for s in await states.of_user(here.carol, [here.guild])}[str(here.general)]
        assert state.mention_count == 0


async def test_typing_is_told_and_kept_nowhere(here, bob):
    assert (await bob.post(f"{API}/channels/{here.general}/typing")).status_code == 204
    (event,) = here.ephemeral
    assert (event.user_id, event.member.user.username) == (here.bob, "bob")
    assert await here.told() == []


async def test_a_direct_message_opens_shows_and_closes(here, bob):
    opened = (await bob.post(f"{API}/users/@me/channels", json={"recipient_id": str(here.carol)})).json()
    assert opened["type"] == 1
    assert [user["username"] for user in opened["recipients"]] == ["carol"]
    again = (await bob.post(f"{API}/users/@me/channels", json={"recipient_id": here.carol})).json()
    assert again["id"] == opened["id"]
    assert (await bob.post(f"{API}/users/@me/channels", json={"recipient_id": here.dora})).json()["code"] == 50007
    assert (await bob.post(f"{API}/users/@me/channels", json={"recipients": ["1", "2"]})).json()["code"] == 50035
    async with here.client(here.carol) as carol, here.client(here.alice) as alice:
        assert (await carol.get(f"{API}/users/@me/channels")).json() == []
        alone = (await carol.get(f"{API}/channels/{opened['id']}")).json()
        assert [user["username"] for user in alone["recipients"]] == ["bob"]
        await here.told()
        sent = await bob.post(messages_of(here, opened["id"]), json={"content": "psst"})
        assert sent.status_code == 200
        created, message = await here.told()
        assert isinstance(created, events.ChannelCreated)
        assert created.recipients == (here.carol,)
        assert set(message.recipients) == {here.bob, here.carol}
        assert [c["id"] for c in (await carol.get(f"{API}/users/@me/channels")).json()] == [opened["id"]]
        state = await here.community.read_states.of_user(here.carol, [])
        assert [(s.channel_id, s.mention_count) for s in state] == [(opened["id"], 1)]
        assert (await alice.get(messages_of(here, opened["id"]))).json()["code"] == 50001
    assert (await bob.delete(f"{API}/channels/{opened['id']}")).json()["id"] == opened["id"]
    assert (await bob.get(f"{API}/users/@me/channels")).json() == []


async def test_nobody_is_let_in_without_a_credential(here):
    async with here.client(None) as anyone:
        assert (await anyone.get(messages_of(here))).status_code == 401
    assert isinstance(anyone, httpx.AsyncClient)
