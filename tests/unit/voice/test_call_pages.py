"""The call inspector's HTTP face: who may look, what they see, and what bad questions are answered."""

import httpx
import pytest
from livekit.protocol import models

from doubles.call_legs import told_leg
from doubles.call_scene import BAD, Scene, open_store
from hubbub.kernel.errors import HubbubError
from hubbub.voice.api.calls import PATH, CallPages
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.call_book import CallBook


class Stranger(HubbubError):
    """Not an operator."""

    code = "app.not_operator"
    status = 403
    default_sentence = "This is for administrators."


class Office:
    """A scene whose calls are looked at."""

    def __init__(self, store):
        self.scene = Scene(store)
        self.admitted = True
        self.book = CallBook(store, self.scene.clock, self.scene.recorder)
        transport = httpx.ASGITransport(app=CallPages(self.book, self._admit))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://testserver")

    async def _admit(self, _scope):
        if not self.admitted:
            raise Stranger

    async def get(self, path="", status=200, **params):
        response = await self.http.get(f"{PATH}{path}", params=params)
        assert response.status_code == status, response.text
        assert response.headers["cache-control"] == "no-store"
        return response.json()


@pytest.fixture
async def office(tmp_path):
    async with open_store(tmp_path) as store:
        yield Office(store)


async def bad_call(office):
    """Let Grace hear Ada badly; return the call's id and the stay of each."""
    scene = office.scene
    ada, grace = scene.join("ada"), scene.join("grace")
    (microphone,) = ada.publish(camera=False)
    scene.suffer(grace, told_leg(microphone, **BAD))
    await scene.recorder.flush()
    (call,) = (await office.get())["calls"]
    detail = await office.get(f"/{call['id']}")
    return call["id"], {person["identity"]: person["id"] for person in detail["people"]}


async def test_a_stranger_sees_nothing(office):
    call_id, stays = await bad_call(office)
    office.admitted = False
    for path in ("", f"/{call_id}", f"/{call_id}/people/{stays['ada']}", "/1"):
        answer = await office.get(path, 403)
        assert answer == {"code": 0, "message": Stranger.default_sentence, "error": "app.not_operator"}


async def test_a_live_call_is_listed_and_explained(office):
    call_id, _ = await bad_call(office)
    page = await office.get()
    assert page["before"] is None
    (call,) = page["calls"]
    assert (call["title"], call["ended_at_ms"], call["worst_mos"], call["cause"]) == ("den", None, 1.5, "loss")
    detail = await office.get(f"/{call_id}")
    assert detail["verdict"]["sentence"].startswith("Of what Grace was sent, 30 % on average")
    ada, grace = detail["people"]
    assert (ada["verdict"]["code"], grace["verdict"]["code"]) == ("unknown", "loss")
    assert grace["hears"] == {
        "mean": 1.5,
        "worst": 1.5,
        "bad_s": 20.0,
        "loss": 0.3,
        "concealed": 0.0,
        "freezes": 0,
        "frozen_s": 0.0,
    }
    assert ada["tracks"][0]["source"] == "microphone"
    assert detail["verdict"]["causes"][0]["person_name"] == "Grace"


async def test_what_was_refused_is_told_by_reason(office):
    scene = office.scene
    ada, grace = scene.join("ada"), scene.join("grace")
    scene.suffer(grace, told_leg(), times=2, refused=plane.Refusals(unauthentic=3, replayed=1))
    scene.suffer(ada, told_leg())
    await scene.recorder.flush()
    office.scene.world.rooms.delete(office.scene.world.rooms.rooms["den"])
    await scene.recorder.flush()
    (call,) = (await office.get())["calls"]
    people = {person["identity"]: person for person in (await office.get(f"/{call['id']}"))["people"]}
    assert people["grace"]["refused"] == {"unauthentic": 6, "replayed": 2, "unknown": 0, "malformed": 0}
    assert people["ada"]["refused"] is None


async def test_a_timeline_has_what_is_not_written_yet(office):
    call_id, stays = await bad_call(office)
    timeline = await office.get(f"/{call_id}/people/{stays['grace']}")
    assert [point["legs"][0]["mos"] for point in timeline["points"]] == [1.5] * 4
    assert {"joined", "quality_degraded"} <= {mark["what"] for mark in timeline["marks"]}
    assert timeline["next_ms"] is None
    later = await office.get(f"/{call_id}/people/{stays['grace']}", from_ms=office.scene.clock.unix_ms() + 60_000)
    assert later["points"] == []


async def test_a_past_call_reads_as_it_did_while_it_lasted(office):
    call_id, stays = await bad_call(office)
    live = await office.get(f"/{call_id}/people/{stays['grace']}")
    room = office.scene.world.rooms.rooms["den"]
    office.scene.world.rooms.delete(room)
    await office.scene.recorder.flush()
    assert office.scene.recorder.open.calls == {}
    past = await office.get(f"/{call_id}/people/{stays['grace']}")
    assert past["points"] == live["points"]
    assert past["marks"][-1] == {**past["marks"][-1], "what": "left", "detail": "room_deleted"}
    assert (await office.get(state="past"))["calls"][0]["id"] == call_id
    assert (await office.get(state="live"))["calls"] == []


async def test_calls_are_searched_and_paged(office):
    await bad_call(office)
    scene = office.scene
    scene.clock.advance(1)
    scene.world.rooms.move(scene.join("edith").member, "attic")
    await scene.recorder.flush()
    first = await office.get(limit=1)
    assert [call["room"] for call in first["calls"]] == ["attic"]
    second = await office.get(limit=1, before=first["before"])
    assert [call["room"] for call in second["calls"]] == ["den"]
    assert [call["room"] for call in (await office.get(query="GRACE"))["calls"]] == ["den"]
    assert [call["room"] for call in (await office.get(query="edith"))["calls"]] == ["attic", "den"]
    assert [call["room"] for call in (await office.get(quality="bad"))["calls"]] == ["den"]
    assert (await office.get(quality="good"))["calls"] == []


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "x"}, {"before": "9" * 40}, {"state": "gone"}, {"quality": "worse"},
              {"query": "x" * 101}, {"limit": "²"}],
)  # fmt: skip
async def test_a_bad_question_names_its_field(office, query):
    answer = await office.get(status=400, **query)
    assert answer["error"] == "form.invalid"
    assert list(answer["errors"]) == list(query)


@pytest.mark.parametrize("path", ["/1", "/9999999999999999999", "/x", "/1/people/2", "/1/2", "/1/people/"])
async def test_what_is_not_there_is_said_so(office, path):
    assert (await office.get(path, 404))["error"] == "voice.call_unknown"


async def test_nobody_else_is_in_the_call(office):
    call_id, _ = await bad_call(office)
    assert (await office.get(f"/{call_id}/people/1", 404))["error"] == "voice.call_unknown"


async def test_a_fault_is_told_without_its_insides(office, monkeypatch):
    async def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr(office.book, "page", broken)
    answer = await office.get(status=500)
    assert answer["error"] == "internal"
    assert "secret" not in str(answer)


async def test_a_silent_room_and_a_failed_join_are_shown(office):
    grace = office.scene.world.client("grace")
    office.scene.tell(plane.Failed(grace.member.primary.transport_id, "no check arrived"))
    office.scene.join("ada")
    office.scene.world.rooms.remove(office.scene.world.clients[-1].member, models.CLIENT_INITIATED)
    await office.scene.recorder.flush()
    (call,) = (await office.get())["calls"]
    assert (call["cause"], call["worst_mos"]) == ("never_connected", None)
