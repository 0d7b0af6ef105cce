"""Settings for one video: how coarsely its ladder may be coded and still look as good as is asked for.

A drawing looks as good with a third of the bits of a film with grain. A few short samples are coded at a few qualities
and compared with what they were made of; between those qualities the likeness is taken to fall evenly.

Source: Helmrich et al., XPSNR: a low-complexity extension of the perceptually weighted peak signal-to-noise ratio for
high-resolution video quality assessment, ICASSP 2020; ffmpeg-filters(1), xpsnr. As Netflix does per title, in small.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

from hubbub.media.domain.video import Rung

QUALITY: Final = 23
"""Constant rate factor of videos that are not tried."""
TRIED: Final = (19, 24, 29)
"""Constant rate factors that samples are coded with, finest first."""
_SAMPLES: Final = 3
_SAMPLE_MS: Final = 2000
_SIDE_MAX: Final = 720
"""Of what is tried: larger ones tell the same, and take as long as the ladder."""
_AVERAGE: Final = re.compile(
    r"^XPSNR average, \d{1,9} frames +y: +(\d{1,3}(?:\.\d{1,6})?|inf)\b", re.MULTILINE | re.ASCII
)
_DECIBELS_MAX: Final = 100.0


class Sample(NamedTuple):
    """A part of a video that is tried."""

    at_ms: int
    length_ms: int


def samples(duration_ms: int) -> tuple[Sample, ...]:
    """Return what is tried of a video: a few seconds, however long it is."""
    if duration_ms <= _SAMPLES * _SAMPLE_MS:
        return (Sample(0, duration_ms),)
    every_ms = duration_ms // _SAMPLES
    return tuple(Sample(place * every_ms + (every_ms - _SAMPLE_MS) // 2, _SAMPLE_MS) for place in range(_SAMPLES))


def tried(rungs: tuple[Rung, ...]) -> Rung:
    """Return the rendition that samples are coded as: the largest of moderate size."""
    moderate = [each for each in rungs if min(each.width, each.height) <= _SIDE_MAX]
    return moderate[-1] if moderate else rungs[0]


def likeness_db(log: str) -> float | None:
    """Return the XPSNR of luma that ffmpeg wrote at the end of its statistics, 100 at most; None for nothing."""
    found = _AVERAGE.search(log)
    return None if found is None else min(float(found[1]), _DECIBELS_MAX)


def chosen(wanted_db: float, found: dict[int, list[float]]) -> int:
    """Return the coarsest constant rate factor that reaches a likeness, within those that were tried.

    Args:
        wanted_db: XPSNR in decibels.
        found: Likeness of each sample by constant rate factor; those that could not be measured are left out.
    """
    means = sorted((quality, sum(each) / len(each)) for quality, each in found.items() if each)
    if not means:
        return QUALITY
    best = means[0][0]
    for (fine, high_db), (coarse, low_db) in pairwise(means):
        if low_db >= wanted_db:
            best = coarse
        elif high_db > wanted_db:
            best = fine + int((coarse - fine) * (high_db - wanted_db) / (high_db - low_db))
    return best
