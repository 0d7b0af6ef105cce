"""Settings for one video: bounded in what is tried, and never outside of what was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.domain.tuning import QUALITY, TRIED, chosen, likeness_db, samples, tried
from hubbub.media.domain.video import Rung


@given(st.integers(1, 4 * 3600 * 1000))
def test_a_few_seconds_are_tried_however_long_a_video_is(duration_ms: int) -> None:
    found = samples(duration_ms)
    assert sum(each.length_ms for each in found) <= 6000
    assert all(each.at_ms >= 0 and each.at_ms + each.length_ms <= duration_ms for each in found)


def test_the_largest_of_moderate_size_is_tried() -> None:
    rungs = tuple(Rung(f"v{side}", side * 16 // 9, side, 900) for side in (360, 720, 1080))
    assert tried(rungs).name == "v720"
    assert tried((Rung("v1080", 1920, 1080, 900),)).name == "v1080"


@pytest.mark.parametrize(
    ("log", "decibels"),
    [
        ("n:    1  XPSNR y: 30.0\n\nXPSNR average, 60 frames  y: 36.1791  u: 34.3302  v: 33.4\n", 36.1791),
        ("XPSNR average, 60 frames  y: inf  u: inf  v: inf", 100.0),
        ("XPSNR average, 0 frames  y: nan", None),
        ("", None),
    ],
)
def test_how_like_it_was_is_read(log: str, decibels: float | None) -> None:
    assert likeness_db(log) == decibels


@pytest.mark.parametrize(
    ("wanted_db", "quality"), [(20, 29), (34, 29), (36, 26), (38, 24), (40, 21), (42, 19), (50, 19)]
)
def test_the_coarsest_that_is_like_enough_is_taken(wanted_db: float, quality: int) -> None:
    assert chosen(wanted_db, {19: [43.0, 41.0], 24: [38.0], 29: [34.0]}) == quality


def test_what_could_not_be_tried_gets_the_usual() -> None:
    assert chosen(38, {quality: [] for quality in TRIED}) == QUALITY


@given(st.floats(0, 100), st.dictionaries(st.sampled_from(TRIED), st.lists(st.floats(0, 100), max_size=3), max_size=3))
def test_whatever_is_measured_the_choice_is_within_what_was_tried(
    wanted_db: float, found: dict[int, list[float]]
) -> None:
    assert min(TRIED) <= chosen(wanted_db, found) <= max(TRIED)
