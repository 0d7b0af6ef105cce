"""What a stored file may be shown as, what it is rendered from, and what it is forgotten by."""

from __future__ import annotations

import pytest

from hubbub.media.domain.deliverable import Deliverable, StoredMezzanine, fitting, owner_tag, shown
from hubbub.media.domain.kinds import Format, Kind
from hubbub.media.domain.rendition import Asked, Fit, Output, Source, resolve


def mezzanine(width: int, height: int, frames: int = 1) -> StoredMezzanine:
    return StoredMezzanine(f"{width} {frames}", f"{width}/{frames}", width, height, frames, has_alpha=frames > 1)


def picture(*mezzanines: StoredMezzanine) -> Deliverable:
    return Deliverable(7, "user/1", Kind.IMAGE, "image/gif", 1, "a b.gif", (), mezzanines, is_public=True)


def test_sizes_are_those_of_the_largest_still():
    made = picture(mezzanine(480, 270, 12), mezzanine(1024, 576), mezzanine(2048, 1152))
    assert made.source == Source(2048, 1152, alpha=True, animated=True)
    assert picture(mezzanine(480, 270, 12)).source == Source(480, 270, alpha=True, animated=True)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (Asked(64, format=Output.GIF), "480 12"),
        (Asked(2048, format=Output.WEBP), "480 12"),
        (Asked(64, format=Output.JPEG), "1024 1"),
        (Asked(1024, format=Output.JPEG), "1024 1"),
        (Asked(1025, format=Output.JPEG), "2048 1"),
        (Asked(512, 512, Fit.COVER, Output.JPEG), "1024 1"),
        (Asked(64, 768, Fit.COVER, Output.JPEG), "2048 1"),
    ],
)
def test_the_smallest_mezzanine_that_need_not_be_enlarged_is_taken(asked: Asked, name: str):
    made = picture(mezzanine(2048, 1152), mezzanine(1024, 576), mezzanine(480, 270, 12))
    assert made.mezzanine_for(resolve(asked, made.source, ())).name == name


def test_a_pixel_of_rounding_does_not_take_the_larger_mezzanine():
    made = picture(mezzanine(2048, 1367), mezzanine(1024, 683))
    assert made.mezzanine_for(resolve(Asked(1024, format=Output.JPEG), made.source, ())).name == "1024 1"
    rounded = picture(mezzanine(2048, 1367), mezzanine(1024, 682))
    assert rounded.mezzanine_for(resolve(Asked(1024, format=Output.JPEG), rounded.source, ())).name == "1024 1"


def test_an_animation_without_stills_has_a_still():
    made = picture(mezzanine(480, 270, 12))
    assert made.mezzanine_for(resolve(Asked(64, format=Output.JPEG), made.source, ())).name == "480 12"


@pytest.mark.parametrize("format_", Format)
def test_nothing_that_a_browser_may_run_keeps_its_type(format_: Format):
    as_shown = shown(format_.value.content_type)
    assert as_shown.content_type == format_.served_as
    assert as_shown.inline == format_.value.inline
    if any(word in format_.value.content_type for word in ("html", "xml", "svg")):
        assert (as_shown.content_type, as_shown.inline) == ("application/octet-stream", False)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xhtml+xml",
        "text/javascript",
        "multipart/related",
        "TEXT/HTML; charset=utf-8",
        "",
        "text/html;text/plain",
    ],
)
def test_types_that_are_not_known_are_bytes_without_meaning(content_type: str):
    assert shown(content_type) == ("application/octet-stream", False)


def test_tags_and_addresses_have_no_spaces_and_tell_no_owner():
    made = picture()._replace(owner="user 1, or another")
    assert not any(" " in tag or "," in tag or "user" in tag for tag in made.tags)
    assert made.tags[1] == owner_tag(made.owner) != owner_tag("user 2")
    assert made.address == "/media/files/7/a%20b.gif"


@pytest.mark.parametrize(
    ("name", "content_type", "saved"),
    [
        ("Walk.MOV", "video/mp4", "Walk.mp4"),
        ("walk.m4v", "video/mp4", "walk.m4v"),
        ("v1.2 of the walk", "video/mp4", "v1.2 of the walk.mp4"),
        (".mov", "video/mp4", ".mov.mp4"),
        ("note.amr", "audio/mp4", "note.m4a"),
        ("notes.mov", "application/octet-stream", "notes.mov"),
    ],
)
def test_a_recording_put_into_mp4_is_saved_under_a_name_that_says_so(name: str, content_type: str, saved: str):
    assert fitting(name, content_type) == saved
