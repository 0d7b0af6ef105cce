"""What is made of sound: a file that browsers play, and a waveform to be drawn beside it.

Source: what Chromium, Firefox and Safari play natively; the waveform is as Discord's voice messages have it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from hubbub.media.domain.kinds import Format
from hubbub.media.domain.recording import AudioTrack

POINTS_MAX: Final = 256
"""Of a waveform."""
_POINT_MS: Final = 100
"""A point is no shorter."""
_FINE_MS: Final = 10 * 60 * 1000
_FINE_HZ, _COARSE_HZ = 8000, 1000
_PEAK: Final = 32768
_CODECS: Final[dict[Format, frozenset[str]]] = {
    Format.MP3: frozenset({"mp3"}),
    Format.OPUS: frozenset({"opus"}),
    Format.OGG: frozenset({"opus", "vorbis", "flac"}),
    Format.WAV: frozenset({"pcm_s16le", "pcm_s24le", "pcm_u8", "pcm_f32le"}),
    Format.FLAC: frozenset({"flac"}),
    Format.M4A: frozenset({"aac"}),
    Format.AAC: frozenset({"aac"}),
    Format.WEBM: frozenset({"opus", "vorbis"}),
    Format.MP4: frozenset({"aac"}),
}


def plays_as_it_is(format_: Format, audio: AudioTrack) -> bool:
    """Return whether browsers play a file of `format_` as it came; else it becomes AAC in MP4."""
    return audio.codec in _CODECS.get(format_, frozenset())


def samples_per_s(duration_ms: int) -> int:
    """Return how finely sound is sampled for a waveform: coarser when it is long."""
    return _FINE_HZ if 0 < duration_ms <= _FINE_MS else _COARSE_HZ


def waveform(samples: memoryview, points: int = POINTS_MAX) -> bytes:
    """Return a point from 0 to 255 for each part of `samples`: the largest amplitude in it.

    Args:
        samples: Signed 16-bit samples of one channel, as `memoryview.cast("h")` has them.
        points: How many parts, 1 to `POINTS_MAX`; fewer when there are fewer samples.
    """
    count = len(samples)
    if not count:
        return b""
    points = min(points, count)
    edges = [count * place // points for place in range(points + 1)]
    return bytes(_loudest(samples, start, end) for start, end in pairwise(edges))


def points_for(duration_ms: int) -> int:
    """Return how many points a waveform of such a length has."""
    return max(1, min(POINTS_MAX, duration_ms // _POINT_MS))


def _loudest(samples: memoryview, start: int, end: int) -> int:
    with samples[start:end] as part:
        above, below = max(part), -min(part)
    return min(255, max(above, below) * 256 // _PEAK)
