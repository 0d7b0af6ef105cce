"""Embeds: every documented limit, one below and one above."""

import msgspec
import pytest

from hubbub.community.domain.embed import EmbedForm, check_all, to_wire
from hubbub.community.domain.form import Problems
from hubbub.community.domain.message import StoredAttachment


def problems_of(*embeds) -> list[str]:
    problems = Problems()
    check_all(msgspec.convert(list(embeds), list[EmbedForm], strict=False), problems)
    return [problem.path for problem in problems.found]


@pytest.mark.parametrize(
    ("name", "limit", "make"),
    [
        ("title", 256, lambda text: {"title": text}),
        ("description", 4096, lambda text: {"description": text}),
        ("footer.text", 2048, lambda text: {"footer": {"text": text}}),
        ("author.name", 256, lambda text: {"author": {"name": text}}),
        ("fields.0.name", 256, lambda text: {"fields": [{"name": text, "value": "v"}]}),
        ("fields.0.value", 1024, lambda text: {"fields": [{"name": "n", "value": text}]}),
    ],
)
def test_a_text_fits_up_to_its_limit(name, limit, make):
    assert problems_of(make("x" * limit)) == []
    assert problems_of(make(f"  {'x' * limit}  ")) == []
    assert problems_of(make("x" * (limit + 1))) == [f"embeds.0.{name}"]


def test_all_texts_together_have_a_limit():
    full = {"description": "x" * 3000}
    assert problems_of(full, full) == []
    assert problems_of(full, full, {"title": "y"}) == ["embeds"]


def test_counts_have_limits():
    field = {"name": "n", "value": "v"}
    assert problems_of({"fields": [field] * 25}) == []
    assert problems_of({"fields": [field] * 26}) == ["embeds.0.fields"]
    assert problems_of(*[{"title": "t"}] * 11) == ["embeds"]


@pytest.mark.parametrize(
    ("embed", "path"),
    [
        ({}, "description"),
        ({"title": "t", "url": "ftp://x"}, "url"),
        ({"title": "t", "color": 0x1000000}, "color"),
        ({"title": "t", "timestamp": "yesterday"}, "timestamp"),
        ({"title": "t", "timestamp": "0001-01-01T00:00:00+14:00"}, "timestamp"),
        ({"title": "t", "timestamp": "9999-12-31T23:59:59-14:00"}, "timestamp"),
        ({"title": "t", "thumbnail": {"url": "data:image/png;base64,AA"}}, "thumbnail.url"),
    ],
)
def test_nonsense_is_named(embed, path):
    assert problems_of(embed) == [f"embeds.0.{path}"]


def test_the_wire_form_knows_attached_pictures():
    file = StoredAttachment(id="1", filename="a.png", size=3, url="http://u", proxy_url="http://u", width=4, height=5)
    form = msgspec.convert(
        {"title": " t ", "timestamp": "2026-01-01T00:00:00Z", "image": {"url": "attachment://a.png"}}, EmbedForm
    )
    wire = to_wire(form, {"a.png": file})
    assert (wire.title, wire.type, wire.timestamp) == ("t", "rich", "2026-01-01T00:00:00+00:00")
    assert (wire.image.url, wire.image.width, wire.image.height) == ("http://u", 4, 5)
