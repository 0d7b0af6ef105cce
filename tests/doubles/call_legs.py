"""Synthetic legs and samples of calls, good ones unless said otherwise."""

from __future__ import annotations

from typing import Any

from hubbub.voice.domain.digest import Digest
from hubbub.voice.domain.quality import Leg, Sample
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.domain.symptom import Surroundings, judge
from hubbub.voice.service import media_plane as media

START_MS = 1_780_000_000_000


def leg(track: str = "TR_a", *, up: bool = False, video: bool = False, **fields: Any) -> Leg:
    """Return a leg on which nothing is wrong but what `fields` say."""
    good: dict[str, Any] = {
        "packets": 250,
        "loss": 0.0,
        "residual_loss": 0.0,
        "jitter_ms": 3.0,
        "bits_per_second": 32_000,
        "mos": 4.4,
    }
    return Leg(track, up, video, **{**good, **fields})


def sample(*legs: Leg, at_ms: int = START_MS, rtt_ms: float = 20.0, estimate: int = 2_000_000) -> Sample:
    """Return a transport's sample with `legs`."""
    return Sample(at_ms, 1, rtt_ms, estimate, list(legs))


def digest_of(made: Sample, around: Surroundings, *, times: int = 12) -> Digest:
    """Return the digest of a stay in which `made` repeated itself for `times` intervals."""
    digest = Digest()
    for index in range(times):
        at_ms = made.at_ms + index * 5000
        again = Sample(at_ms, made.transport_id, made.rtt_ms, made.estimate, made.legs)
        digest.take(again, judge(again, around))
    return digest


def told_leg(track: str = "TR_a", *, up: bool = False, video: bool = False, **fields: Any) -> media.Leg:
    """Return a leg as the media plane tells it."""
    good: dict[str, Any] = {
        "packets": 250,
        "loss": 0.0,
        "residual_loss": 0.0,
        "jitter_ms": 3.0,
        "bits_per_second": 32_000,
        "nacks": 0,
        "plis": 0,
        "freezes": 0,
        "frozen_ms": 0,
        "spatial": 255,
        "temporal": 255,
        "r": 90.0,
        "mos": 4.4,
        "concealed": -1.0 if video else 0.0,
    }
    return media.Leg(
        track=track,
        direction=media.LegDirection.UP if up else media.LegDirection.DOWN,
        kind=Kind.VIDEO if video else Kind.AUDIO,
        **{**good, **fields},
    )


def told(
    transport_id: int, *legs: media.Leg, rtt_ms: float = 20.0, estimate: int = 2_000_000, **more: Any
) -> media.QualitySample:
    """Return a sample as the media plane tells it."""
    return media.QualitySample(transport_id=transport_id, rtt_ms=rtt_ms, estimate=estimate, legs=legs, **more)
