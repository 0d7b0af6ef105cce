"""Files of messages that the library keeps: sent with a message or before it, and told of when they settle."""

import base64
import json

import pytest

from doubles.community_world import PUBLIC_URL, world
from doubles.file_library import SIGNATURE
from doubles.pictures import corners, encoded
from hubbub.community.adapters.attachment_statements import AWAITED
from hubbub.community.service.files_port import Streams
from hubbub.events.contracts import events
from hubbub.storage.records.statement import Statement

API = "/api/v10"
OGG = b"OggS" + b"\0" * 24 + b"OpusHead" + b"\0" * 64
VOICE = 1 << 13
WAVEFORM = base64.b64encode(bytes(range(0, 256, 4))).decode()
PNG = encoded(corners(32, 16), "PNG")


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path, upload_bytes_max=1_000_000) as built:
        yield built


@pytest.fixture
def bob(here):
    return here.client(here.bob)


def messages_of(here, channel=None) -> str:
    return f"{API}/channels/{channel or here.general}/messages"


async def send(client, here, payload=None, **files: bytes):
    """Send a message with files, named by their keywords with an underscore for the dot."""
    parts = [(f"files[{n}]", (name.replace("_", "."), content)) for n, (name, content) in enumerate(files.items())]
    return await client.post(messages_of(here), data={"payload_json": json.dumps(payload or {})}, files=parts)


async def uploaded(client, here, filename: str, content: bytes) -> str:
    """Upload a file ahead of its message; return the name to claim it by."""
    body = {"files": [{"id": "0", "filename": filename, "file_size": len(content)}]}
    answer = await client.post(f"{API}/channels/{here.general}/attachments", json=body)
    assert answer.status_code == 200, answer.text
    (place,) = answer.json()["attachments"]
    assert place["id"] == 0
    assert place["upload_url"].startswith(f"{PUBLIC_URL}/media/uploads/")
    begun = next(name for name in here.library._begun if name == place["upload_filename"])
    await here.library.fill(type("B", (), {"uploaded_filename": begun}), content)
    return place["upload_filename"]


def problems(answer) -> dict:
    assert answer.status_code == 400, answer.text
    return answer.json()["errors"]


async def test_a_picture_is_told_with_all_that_is_known_of_it(here, bob):
    sent = (await send(bob, here, {"content": "look"}, corners_png=PNG)).json()
    (file,) = sent["attachments"]
    assert (file["filename"], file["size"], file["content_type"]) == ("corners.png", len(PNG), "image/png")
    assert (file["width"], file["height"]) == (32, 16)
    assert (base64.b64decode(file["placeholder"]), file["placeholder_version"]) == (b"\x01\x02\x03", 1)
    assert file["media"] == {"state": "ready", "progress": 100, "kind": "image"}
    assert file["url"] == file["proxy_url"] == f"{PUBLIC_URL}/media/files/{file['id']}/corners.png?{SIGNATURE}"
    assert (await bob.get(messages_of(here))).json() == [sent]
    (told,) = [event for event in await here.told() if isinstance(event, events.MessageCreated)]
    assert told.message.attachments[0].url == file["url"]


async def test_no_stored_message_has_a_signature(here, bob):
    body = {"embeds": [{"image": {"url": "attachment://corners.png"}}]}
    await send(bob, here, body, corners_png=PNG, note_txt=b"hello")
    (document,) = await here.records.fetch(Statement("test.documents", _documents(), into=bytes))
    assert b"hm=" not in document
    assert b"http" not in document


async def test_an_embed_shows_its_file_by_a_signed_address_and_takes_it_back(here, bob):
    body = {"embeds": [{"title": "t", "image": {"url": "attachment://corners.png"}}]}
    sent = (await send(bob, here, body, corners_png=PNG)).json()
    assert sent["attachments"] == []
    image = sent["embeds"][0]["image"]
    assert image["url"] == image["proxy_url"]
    assert image["url"].endswith(f"/corners.png?{SIGNATURE}")
    assert (image["width"], image["height"]) == (32, 16)
    change = {"embeds": [{"title": "u", "image": {"url": image["url"]}}]}
    edited = (await bob.patch(f"{messages_of(here)}/{sent['id']}", json=change)).json()
    assert edited["embeds"][0]["image"]["url"] == image["url"]
    (document,) = await here.records.fetch(Statement("test.documents", _documents(), into=bytes))
    assert b"hm=" not in document
    assert await here.community.attachments.sweep() == 0


async def test_a_reply_shows_the_files_of_the_message_replied_to(here, bob):
    first = (await send(bob, here, {}, corners_png=PNG)).json()
    reply = {"content": "nice", "message_reference": {"message_id": first["id"]}}
    answered = (await bob.post(messages_of(here), json=reply)).json()
    assert answered["referenced_message"]["attachments"] == first["attachments"]


async def test_a_broken_picture_refuses_the_message_and_names_its_field(here, bob):
    answer = await send(bob, here, {"content": "x"}, note_txt=b"hello", broken_png=b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    assert problems(answer)["files"]["1"]["_errors"][0]["code"] == "picture_broken"
    assert (await bob.get(messages_of(here))).json() == []


async def test_a_file_past_the_limit_is_refused_by_name(here, bob):
    answer = await send(bob, here, {}, big_txt=b"x" * 1_000_001)
    assert answer.status_code == 413
    assert "files" in answer.json()["errors"]


async def test_a_file_uploaded_before_is_claimed_by_its_name(here, bob):
    name = await uploaded(bob, here, "corners.png", PNG)
    form = {"id": "0", "filename": "SPOILER_corners.png", "uploaded_filename": name, "description": "Four corners"}
    sent = (await bob.post(messages_of(here), json={"attachments": [form]})).json()
    (file,) = sent["attachments"]
    assert (file["filename"], file["flags"], file["description"]) == ("SPOILER_corners.png", 8, "Four corners")
    assert file["url"].endswith(f"/corners.png?{SIGNATURE}")
    assert await here.library.holders(int(file["id"])) == [f"attachments/{here.general}/{file['id']}-"]


async def test_nobody_claims_what_another_uploaded_or_what_is_not_whole(here, bob):
    name = await uploaded(bob, here, "corners.png", PNG)
    begun = await here.library.begin(f"user:{here.bob}", "later.txt", 5)
    for client, claimed in ((here.client(here.carol), name), (bob, begun.uploaded_filename), (bob, "nonsense")):
        form = {"id": "0", "filename": "a", "uploaded_filename": claimed}
        answer = await client.post(messages_of(here), json={"attachments": [form]})
        found = problems(answer)["attachments"]["0"]["uploaded_filename"]
        assert found["_errors"][0]["code"] == "ATTACHMENT_NOT_FOUND"


async def test_an_upload_is_part_of_one_message_only(here, bob):
    name = await uploaded(bob, here, "a.txt", b"hello")
    body = {"attachments": [{"id": "0", "filename": "a.txt", "uploaded_filename": name}]}
    assert (await bob.post(messages_of(here), json=body)).status_code == 200
    again = problems(await bob.post(messages_of(here), json=body))
    assert again["attachments"]["0"]["_errors"][0]["code"] == "ATTACHMENT_UPLOAD_GONE"


async def test_a_message_sent_twice_by_its_nonce_is_one_with_its_file(here, bob):
    name = await uploaded(bob, here, "a.txt", b"hello")
    files = [{"id": "0", "filename": "a.txt", "uploaded_filename": name}]
    body = {"attachments": files, "nonce": "7", "enforce_nonce": True}
    first = (await bob.post(messages_of(here), json=body)).json()
    assert (await bob.post(messages_of(here), json=body)).json()["id"] == first["id"]


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ([], "files"),
        ([{"filename": "a", "file_size": 1, "id": n} for n in range(11)], "files"),
        ([{"filename": "a", "file_size": 1}, {"filename": "b", "file_size": 1}], "files"),
        ([{"filename": "", "file_size": 1}], "files"),
        ([{"filename": "a", "file_size": 0}], "files"),
    ],
)
async def test_uploads_that_cannot_be_are_refused(here, bob, files, field):
    answer = await bob.post(f"{API}/channels/{here.general}/attachments", json={"files": files})
    assert field in problems(answer)


async def test_uploads_need_room_and_permission(here, bob):
    body = {"files": [{"filename": "a", "file_size": 1_000_001}]}
    assert (await bob.post(f"{API}/channels/{here.general}/attachments", json=body)).status_code == 413
    body = {"files": [{"filename": "a", "file_size": 10}]}
    assert (await bob.post(f"{API}/channels/{here.quiet}/attachments", json=body)).status_code == 403


async def test_a_slow_file_is_sent_as_it_is_and_told_of_when_it_settles(here, bob):
    here.library.slow = True
    sent = (await send(bob, here, {"content": "wait"}, corners_png=PNG)).json()
    (file,) = sent["attachments"]
    assert here.library.waited_s == [5.0]
    assert file["media"] == {"state": "processing", "progress": 0, "kind": "file"}
    assert "width" not in file
    assert await here.community.awaited_files.sweep() == 0
    await here.told()
    assert here.community.awaited_files.look_again_s() == 1.0
    here.community.awaited_files.news.clear()
    await here.library.settle(int(file["id"]))
    assert here.community.awaited_files.news.is_set()
    read = (await bob.get(f"{messages_of(here)}/{sent['id']}")).json()
    assert read["attachments"][0]["width"] == 32, "what is known is shown before it is told"
    assert await here.community.awaited_files.sweep() == 1
    (told,) = await here.told()
    assert isinstance(told, events.MessageUpdated)
    assert told.message.edited_timestamp is None
    assert told.message.attachments[0].width == 32
    assert told.message.attachments[0].media.state == "ready"
    assert await here.records.fetch(AWAITED, {"limit": 9}) == []
    assert await here.community.awaited_files.sweep() == 0


async def test_what_settled_while_nobody_listened_is_told_by_the_next_look(here, bob):
    here.library.slow = True
    sent = (await send(bob, here, {"content": "wait"}, corners_png=PNG)).json()
    here.library._callbacks.clear()
    await here.library.settle(int(sent["attachments"][0]["id"]))
    await here.told()
    assert await here.community.awaited_files.sweep() == 1
    (told,) = await here.told()
    assert told.message.attachments[0].media.state == "ready"


async def test_an_embeds_picture_gets_its_size_when_it_settles(here, bob):
    here.library.slow = True
    body = {"embeds": [{"image": {"url": "attachment://corners.png"}}]}
    sent = (await send(bob, here, body, corners_png=PNG)).json()
    assert "width" not in sent["embeds"][0]["image"]
    (asset_id,) = here.library.files
    await here.library.settle(asset_id)
    assert await here.community.awaited_files.sweep() == 1
    read = (await bob.get(f"{messages_of(here)}/{sent['id']}")).json()
    assert (read["embeds"][0]["image"]["width"], read["embeds"][0]["image"]["height"]) == (32, 16)


async def test_what_is_refused_after_the_message_was_sent_says_so_in_it(here, bob):
    here.library.slow = True
    sent = (await send(bob, here, {"content": "wait"}, corners_png=PNG)).json()
    await here.library.settle(int(sent["attachments"][0]["id"]), ("picture_broken", "The picture is broken."))
    assert await here.community.awaited_files.sweep() == 1
    read = (await bob.get(f"{messages_of(here)}/{sent['id']}")).json()
    media = read["attachments"][0]["media"]
    assert (media["state"], media["refusal_code"], media["refusal"]) == (
        "refused",
        "picture_broken",
        "The picture is broken.",
    )


async def test_a_message_deleted_before_its_file_settled_is_no_trouble(here, bob):
    here.library.slow = True
    sent = (await send(bob, here, {"content": "wait"}, corners_png=PNG)).json()
    await bob.delete(f"{messages_of(here)}/{sent['id']}")
    await here.library.settle(int(sent["attachments"][0]["id"]))
    assert await here.community.awaited_files.sweep() == 1
    assert await here.records.fetch(AWAITED, {"limit": 9}) == []


async def test_a_video_shows_what_it_is_played_by(here, bob):
    film = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * 64
    sent = (await send(bob, here, {}, film_mp4=film)).json()
    asset_id = int(sent["attachments"][0]["id"])
    assert sent["attachments"][0]["media"] == {"state": "ready", "progress": 100, "kind": "video"}
    streams = Streams("http://h/a.m3u8", "http://h/a.mpd", "http://h/poster", None, None)
    here.library.stream(asset_id, streams)
    read = (await bob.get(f"{messages_of(here)}/{sent['id']}")).json()["attachments"][0]["media"]
    assert (read["hls"], read["dash"], read["poster"]) == streams[:3]
    assert "sprite" not in read


async def given_up(here, asset_id: int) -> bool:
    assert await here.library.holders(asset_id)
    await here.community.attachments.sweep()
    return not await here.library.holders(asset_id)


async def test_a_deleted_message_gives_up_its_files(here, bob):
    sent = (await send(bob, here, {}, a_txt=b"hello")).json()
    await bob.delete(f"{messages_of(here)}/{sent['id']}")
    assert await given_up(here, int(sent["attachments"][0]["id"]))


async def test_messages_deleted_together_give_up_their_files(here, bob):
    sent = [(await send(bob, here, {}, a_txt=b"hello")).json() for _ in range(2)]
    alice = here.client(here.alice)
    bulk = {"messages": [each["id"] for each in sent]}
    assert (await alice.post(f"{messages_of(here)}/bulk-delete", json=bulk)).status_code == 204
    await here.community.attachments.sweep()
    for each in sent:
        assert await here.library.holders(int(each["attachments"][0]["id"])) == []


async def test_a_deleted_channel_gives_up_its_files(here, bob):
    sent = (await send(bob, here, {}, a_txt=b"hello")).json()
    assert (await here.client(here.alice).delete(f"{API}/channels/{here.general}")).status_code == 200
    assert await given_up(here, int(sent["attachments"][0]["id"]))


async def test_an_edit_gives_up_what_it_drops_and_holds_what_it_adds(here, bob):
    sent = (await send(bob, here, {}, a_txt=b"a", b_txt=b"b")).json()
    first, second = (int(each["id"]) for each in sent["attachments"])
    name = await uploaded(bob, here, "c.txt", b"c")
    kept = [{"id": str(first)}, {"id": "0", "filename": "c.txt", "uploaded_filename": name}]
    edited = (await bob.patch(f"{messages_of(here)}/{sent['id']}", json={"attachments": kept})).json()
    assert [each["filename"] for each in edited["attachments"]] == ["a.txt", "c.txt"]
    assert await given_up(here, second)
    assert await here.library.holders(first)
    assert await here.library.holders(int(edited["attachments"][1]["id"]))


async def test_a_file_that_no_message_took_up_is_held_by_nobody(here, bob):
    answer = await send(bob, here, {"content": "x" * 2001}, a_txt=b"a")
    assert answer.status_code == 400
    (asset_id,) = here.library.files
    assert await here.library.holders(asset_id) == []


async def voice(client, here, flags=VOICE, content=OGG, **form):
    name = await uploaded(client, here, "voice.ogg", content)
    described = {"id": "0", "filename": "voice.ogg", "uploaded_filename": name, **form}
    return await client.post(messages_of(here), json={"flags": flags, "attachments": [described]})


async def test_a_voice_message_tells_its_length_and_its_shape(here, bob):
    sent = (await voice(bob, here, duration_secs=2.5, waveform=WAVEFORM)).json()
    assert sent["flags"] & VOICE
    (file,) = sent["attachments"]
    assert (file["duration_secs"], file["waveform"], file["content_type"]) == (2.5, WAVEFORM, "audio/ogg")
    edit = await bob.patch(f"{messages_of(here)}/{sent['id']}", json={"content": "said"})
    assert (edit.status_code, edit.json()["code"]) == (400, 50162)


async def test_a_voice_message_is_one_sound_with_metadata_and_nothing_else(here, bob):
    assert (await voice(bob, here)).json()["code"] == 50161
    assert (await voice(bob, here, duration_secs=2, waveform=WAVEFORM, content=b"no sound")).json()["code"] == 50160
    assert (await bob.post(messages_of(here), json={"flags": VOICE, "content": "hi"})).json()["code"] == 50159
    two = await send(bob, here, {"flags": VOICE}, a_ogg=OGG, b_ogg=OGG)
    assert two.json()["code"] == 50160


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("waveform", base64.b64encode(b"x" * 257).decode()),
        ("waveform", ""),
        ("waveform", "not base64"),
        ("duration_secs", 0),
        ("duration_secs", 86_401),
    ],
)
async def test_metadata_out_of_bounds_names_its_field(here, bob, field, value):
    answer = await voice(bob, here, **{"duration_secs": 2.5, "waveform": WAVEFORM, field: value})
    assert field in problems(answer)["attachments"]["0"]


async def test_a_voice_message_needs_its_permission(here, bob):
    alice = here.client(here.alice)
    overwrite = {"type": 0, "allow": "0", "deny": str(1 << 46)}
    assert (await alice.put(f"{API}/channels/{here.general}/permissions/{here.guild}", json=overwrite)).is_success
    assert (await voice(bob, here, duration_secs=2.5, waveform=WAVEFORM)).status_code == 403
    assert (await voice(bob, here, flags=0)).status_code == 200


async def test_addresses_are_refreshed_for_those_who_may_read(here, bob):
    file = (await send(bob, here, {}, a_txt=b"hello")).json()["attachments"][0]
    base = file["url"].partition("?")[0]
    old = f"{base}?ex=1&hm=00&width=64"
    alien = "https://elsewhere.example/media/files/1/a.txt"
    legacy = f"{PUBLIC_URL}/cdn/attachments/1/2/a.txt?k=x"
    body = {"attachment_urls": [old, alien, f"{PUBLIC_URL}/media/files/{file['id']}/other.txt", legacy]}
    answer = (await bob.post(f"{API}/attachments/refresh-urls", json=body)).json()["refreshed_urls"]
    assert [each["original"] for each in answer] == body["attachment_urls"]
    assert [each["refreshed"] for each in answer] == [f"{file['url']}&width=64", None, None, legacy]
    stranger = await here.client(here.dora).post(f"{API}/attachments/refresh-urls", json={"attachment_urls": [old]})
    assert stranger.json() == {"refreshed_urls": [{"original": old, "refreshed": None}]}


@pytest.mark.parametrize("count", [0, 51])
async def test_addresses_are_refreshed_by_fifty_at_most(here, bob, count):
    answer = await bob.post(f"{API}/attachments/refresh-urls", json={"attachment_urls": ["x"] * count})
    assert "attachment_urls" in problems(answer)


def _documents():
    from sqlalchemy import select

    from hubbub.community.adapters.tables import messages

    return select(messages.c.document)
