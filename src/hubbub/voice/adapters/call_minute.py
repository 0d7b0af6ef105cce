"""How a minute of a stay is stored: msgpack of whole numbers, compressed by zstd.

Figures are rounded to what anybody can see on a timeline and written as whole numbers: a float of msgpack takes nine
bytes, none of which compress. Tracks are named once and numbered afterwards, times count from the sample before.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
import zstandard

from hubbub.voice.domain.quality import Leg, Minute, Moment, Refused, Sample

_LEVEL = 3
"""zstd's own default; higher ones gain some percent for several times the work."""
_UNPACKED_BYTES_MAX = 4 * 1024 * 1024
_SHARE, _TENTH, _HUNDREDTH = 10_000, 10, 100
_UP, _VIDEO, _MEASURED = 1, 2, 4


class _Leg(NamedTuple):
    """A leg in whole numbers."""

    track: int
    flags: int
    packets: int
    loss: int
    residual_loss: int
    jitter: int
    bits_per_second: int
    nacks: int
    plis: int
    freezes: int
    frozen_ms: int
    spatial: int
    temporal: int
    r: int
    mos: int
    legs: int
    concealed: int = -1
    """-1 is unknown, as it is in what an older version wrote."""


class _Sample(NamedTuple):
    """A sample in whole numbers."""

    after_ms: int
    transport_id: int
    rtt: int
    estimate: int
    legs: list[_Leg]
    refused: Refused = Refused()


class _Moment(NamedTuple):
    """A moment."""

    after_ms: int
    what: str
    track: int
    value: int
    detail: str


class _Document(NamedTuple):
    """A minute as it is stored."""

    began_ms: int
    tracks: list[str]
    samples: list[_Sample]
    moments: list[_Moment]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Document)


def pack_minute(minute: Minute) -> bytes:
    """Return a minute as it is stored."""
    tracks: dict[str, int] = {}
    times = [sample.at_ms for sample in minute.samples] + [moment.at_ms for moment in minute.moments]
    began_ms = min(times, default=0)
    samples = [
        _Sample(
            sample.at_ms - began_ms,
            sample.transport_id,
            _whole(sample.rtt_ms, _TENTH),
            sample.estimate,
            [_packed(leg, tracks) for leg in sample.legs],
            sample.refused,
        )
        for sample in minute.samples
    ]
    moments = [
        _Moment(each.at_ms - began_ms, each.what, _number(each.track, tracks), each.value, each.detail)
        for each in minute.moments
    ]
    document = _Document(began_ms, list(tracks), samples, moments)
    return zstandard.ZstdCompressor(level=_LEVEL).compress(_encoder.encode(document))


def unpack_minute(stored: bytes) -> Minute:
    """Return a stored minute."""
    unpacked = zstandard.ZstdDecompressor().decompress(stored, max_output_size=_UNPACKED_BYTES_MAX)
    began_ms, tracks, samples, moments = _decoder.decode(unpacked)
    return Minute(
        [
            Sample(
                began_ms + each.after_ms,
                each.transport_id,
                each.rtt / _TENTH,
                each.estimate,
                _legs(each, tracks),
                each.refused,
            )
            for each in samples
        ],
        [Moment(began_ms + each.after_ms, each.what, tracks[each.track], each.value, each.detail) for each in moments],
    )


def _packed(leg: Leg, tracks: dict[str, int]) -> _Leg:
    return _Leg(
        track=_number(leg.track, tracks),
        flags=_UP * leg.up | _VIDEO * leg.video | _MEASURED * leg.measured,
        packets=leg.packets,
        loss=_whole(leg.loss, _SHARE),
        residual_loss=_whole(leg.residual_loss, _SHARE),
        jitter=_whole(leg.jitter_ms, _TENTH),
        bits_per_second=leg.bits_per_second,
        nacks=leg.nacks,
        plis=leg.plis,
        freezes=leg.freezes,
        frozen_ms=leg.frozen_ms,
        spatial=leg.spatial,
        temporal=leg.temporal,
        r=_whole(leg.r, _TENTH),
        mos=_whole(leg.mos, _HUNDREDTH),
        legs=leg.legs,
        concealed=_whole(leg.concealed, _SHARE) if leg.concealed >= 0 else -1,
    )


def _legs(sample: _Sample, tracks: list[str]) -> list[Leg]:
    return [
        Leg(
            track=tracks[leg.track],
            up=bool(leg.flags & _UP),
            video=bool(leg.flags & _VIDEO),
            packets=leg.packets,
            loss=leg.loss / _SHARE,
            residual_loss=leg.residual_loss / _SHARE,
            jitter_ms=leg.jitter / _TENTH,
            bits_per_second=leg.bits_per_second,
            nacks=leg.nacks,
            plis=leg.plis,
            freezes=leg.freezes,
            frozen_ms=leg.frozen_ms,
            spatial=leg.spatial,
            temporal=leg.temporal,
            r=leg.r / _TENTH,
            mos=leg.mos / _HUNDREDTH,
            legs=leg.legs,
            concealed=leg.concealed / _SHARE if leg.concealed >= 0 else -1.0,
            measured=bool(leg.flags & _MEASURED),
        )
        for leg in sample.legs
    ]


def _number(track: str, tracks: dict[str, int]) -> int:
    return tracks.setdefault(track, len(tracks))


def _whole(value: float, unit: int) -> int:
    """Return a figure in whole units; what is no figure is zero."""
    return round(value * unit) if math.isfinite(value) else 0
