"""Delivery parameters become a bounded number of canonical renditions, in a format that the client takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.kernel.errors import InvalidForm
from hubbub.media.domain.accept import negotiate
from hubbub.media.domain.rendition import Asked, Fit, Output, Rendition, Source, fallback, parse, resolve

STILL = Source(2048, 1536, alpha=False, animated=False)
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def test_parameters_that_are_not_ours_are_ignored() -> None:
    assert parse({"width": "300", "ex": "65", "cache": "no"}) == Asked(width=300)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"width": "0"}, "width"),
        ({"width": "-1"}, "width"),
        ({"width": "1e3"}, "width"),
        ({"width": "٣"}, "width"),
        ({"height": "4097"}, "height"),
        ({"height": ""}, "height"),
        ({"fit": "stretch"}, "fit"),
        ({"format": "svg"}, "format"),
        ({"quality": "101"}, "quality"),
        ({"animated": "no"}, "animated"),
        ({"fit": "cover", "width": "10"}, "height"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(query: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        parse(query)
    assert [problem.path for problem in refused.value.fields] == [field]


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(InvalidForm) as refused:
        parse({"width": "x", "quality": "0", "format": "bmp"})
    assert {problem.path for problem in refused.value.fields} == {"width", "quality", "format"}


def test_a_million_sizes_make_few_variants() -> None:
    contained = {
        resolve(Asked(width, height), STILL, (Output.JPEG,)).name
        for width in range(1, 4097, 17)
        for height in (None, *range(1, 4097, 61))
    }
    assert len(contained) <= 20
    covered = {
        resolve(Asked(width, height, Fit.COVER), STILL, (Output.JPEG,)).name
        for width in range(1, 4097, 31)
        for height in range(1, 4097, 31)
    }
    assert len(covered) <= 13 * 13
    assert len({resolve(Asked(quality=quality), STILL, (Output.JPEG,)).name for quality in range(1, 101)}) <= 3


sides = st.integers(1, 4096)


@given(sides, sides, st.none() | sides, st.none() | sides, st.sampled_from(Fit), st.booleans(), st.sampled_from(Output))
def test_nothing_is_enlarged_and_names_lead_back(
    width: int, height: int, ask_width: int | None, ask_height: int | None, fit: Fit, moves: bool, output: Output
) -> None:
    source = Source(width, height, alpha=False, animated=moves or output is Output.MP4)
    rendition = resolve(Asked(ask_width, ask_height, fit), source, (output,))
    assert 1 <= rendition.width <= width
    assert 1 <= rendition.height <= height
    assert Rendition.from_name(rendition.name) == rendition
    # What was resolved once resolves to itself.
    if fit is Fit.CONTAIN and max(width, height) <= 2048:
        assert resolve(Asked(rendition.width, rendition.height, fit), source, (output,)) == rendition


@pytest.mark.parametrize("name", ["", "512x512", "512x512-contain-q80.webp/../x", "512x512-stretch-q80.webp"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="names no rendition"):
        Rendition.from_name(name)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "jpeg"),
        ("", "jpeg"),
        ("*/*", "jpeg"),
        ("image/*", "jpeg"),
        (CHROME, "avif webp jpeg"),
        ("image/webp,*/*", "webp jpeg"),
        ("image/webp;q=1, image/avif;q=0.5", "webp avif jpeg"),
        ("image/avif;q=0, image/webp", "webp jpeg"),
        ("image/jpeg, image/webp;q=0.3", "jpeg"),
        ("IMAGE/AVIF ; Q=0.9", "avif jpeg"),
        ("image/avif;q=0.9,image/*;q=0.9", "avif jpeg"),
        ("text/html", "jpeg"),
        ("image/avif;q=2, ,;;,=", "avif jpeg"),
    ],
)
def test_the_client_s_weights_choose_the_format(accept: str | None, expected: str) -> None:
    assert " ".join(negotiate(accept, STILL)) == expected


def test_transparency_and_movement_have_fallbacks_of_their_own() -> None:
    glass, moving = STILL._replace(alpha=True), STILL._replace(animated=True)
    assert negotiate("*/*", glass) == (Output.PNG,)
    assert negotiate(CHROME, moving) == (Output.WEBP, Output.GIF)
    assert negotiate(None, moving) == (Output.GIF,)
    assert fallback(moving, animated=False) is Output.JPEG


def test_a_still_format_of_what_moves_is_its_first_frame() -> None:
    moving = STILL._replace(animated=True)
    assert not resolve(Asked(format=Output.JPEG), moving, (Output.GIF,)).animated
    assert resolve(Asked(format=Output.GIF), moving, (Output.WEBP,)).animated


@given(st.text(max_size=200))
def test_any_accept_header_gets_an_answer(accept: str) -> None:
    assert negotiate(accept, STILL)[-1] is Output.JPEG


def test_what_moves_is_a_film_where_that_is_asked_for() -> None:
    moving = Source(640, 480, alpha=False, animated=True)
    film = resolve(Asked(format=Output.MP4), moving, ())
    assert (film.name, film.is_film, film.format.content_type) == (
        "640x480-contain-q80-moving.mp4", True, "video/mp4",
    )  # fmt: skip
    assert Rendition.from_name(film.name) == film
    assert resolve(Asked(format=Output.AVIF), moving, ()).is_film
    assert not resolve(Asked(format=Output.WEBP), moving, ()).is_film


def test_what_is_transparent_stands_still_in_avif() -> None:
    assert not resolve(Asked(format=Output.AVIF), Source(64, 64, alpha=True, animated=True), ()).animated


def test_a_picture_that_does_not_move_has_no_mp4() -> None:
    with pytest.raises(InvalidForm) as refused:
        resolve(Asked(format=Output.MP4), STILL, ())
    assert [problem.path for problem in refused.value.fields] == ["format"]
