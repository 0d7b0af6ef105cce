"""What is made of a video: a file that plays at once, then a ladder of renditions, a poster, a sheet of stills.

Pure: facts in, decisions out. What they become as ffmpeg's arguments is in `adapters/ffmpeg_arguments.py`.

Source: for what plays everywhere, the intersection of what Chromium, Firefox and Safari document for MP4.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from hubbub.media.domain.recording import AudioTrack, Recording, VideoTrack

SEGMENT_S: Final = 2
"""Seconds from one key frame to the next, in all renditions at the same times: a player changes there."""
_H264_PROFILES: Final = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_H264_LEVEL_MAX: Final = 52
_H264_PIXELS_MAX: Final = 4096 * 2304
_PLAYED_PIXELS: Final = frozenset({"yuv420p", "yuvj420p"})
_AAC_PROFILES: Final = frozenset({"LC", "HE-AAC", "HE-AACv2"})
_FIRST_SIDE: Final = 360
_SIDES: Final = (360, 480, 720, 1080)
_STEP_MIN: Final = 1.2
"""A rendition beside the ladder's own has to be so much larger than the one below."""
_RATE_MAX: Final = 60.0
_RATE_DEFAULT: Final = 30.0
_FAST: Final = 31.0
_KILOBITS: Final = {360: 900, 480: 1600, 720: 3200, 1080: 5500}
"""Ceiling by the shorter side at 30 frames a second; quality decides below it."""
_FASTER: Final = 1.5
PACKAGED_MS_MAX: Final = 4 * 3600 * 1000
"""Longer videos play as they came, without a ladder."""
_WATCHED_MS_MIN: Final = 600_000
_TILES_MAX: Final = 100
_TILES_ACROSS: Final = 10
_TILE_SIDE: Final = 160


class Playable(NamedTuple):
    """How the file that plays at once is made; copied is what needs no decoding."""

    copies_video: bool
    copies_audio: bool
    rung: Rung | None
    """What the picture is encoded as; None when it is copied."""


class Rung(NamedTuple):
    """One rendition of the ladder."""

    name: str
    """``v360`` and so on: the shorter side in pixels."""
    width: int
    """Even, as the codec wants it."""
    height: int
    kilobits_max: int
    """Ceiling of the bit rate, in thousands of bits a second."""


class Sheet(NamedTuple):
    """A sheet of small stills, for showing where in a video one is."""

    every_ms: int
    """Of the video, from one still to the next."""
    tiles: int
    across: int
    down: int
    width: int
    """Of one still, in pixels."""
    height: int


def playable(recording: Recording, video: VideoTrack) -> Playable:
    """Return how a video is made to play at once."""
    copies = plays_everywhere(video) or plays_undecoded(video)
    rung = None if copies else _rung(video, min(_FIRST_SIDE, _side(video)))
    return Playable(copies, recording.audio is None or joins_mp4(recording.audio), rung)


def plays_everywhere(video: VideoTrack) -> bool:
    """Return whether browsers play a track as it is, once it lies in MP4."""
    return (
        video.codec == "h264"
        and video.profile in _H264_PROFILES
        and video.level <= _H264_LEVEL_MAX
        and video.pixel_format in _PLAYED_PIXELS
        and video.width * video.height <= _H264_PIXELS_MAX
        and not video.is_interlaced
    )


def plays_undecoded(video: VideoTrack) -> bool:
    """Return whether a track is AV1: most browsers play it, and our ffmpeg does not decode it."""
    return video.codec == "av1"


def joins_mp4(audio: AudioTrack) -> bool:
    """Return whether browsers play a sound track as it is, once it lies in MP4."""
    return (audio.codec == "aac" and (audio.profile in _AAC_PROFILES or not audio.profile)) or audio.codec == "mp3"


def has_ladder(video: VideoTrack, duration_ms: int) -> bool:
    """Return whether a ladder is made: the video can be decoded, and its length is known and bounded."""
    return not plays_undecoded(video) and 0 < duration_ms <= PACKAGED_MS_MAX


def ladder(video: VideoTrack) -> tuple[Rung, ...]:
    """Return the renditions of a video, the smallest first: none larger than the video itself."""
    side = min(_side(video), _SIDES[-1])
    sides = [each for each in _SIDES if each <= side]
    if not sides or side >= sides[-1] * _STEP_MIN:
        sides.append(side)
    return tuple(_rung(video, each) for each in sides)


def refined(rung: Rung) -> Rung:
    """Return the same rendition in AV1: as good with two thirds of the bits."""
    return rung._replace(name=f"{rung.name}_av1", kilobits_max=round(rung.kilobits_max / 1.5))


def is_outgrown(video: VideoTrack, rung: Rung, duration_ms: int) -> bool:
    """Return whether a ladder will have a larger rendition than the one with which a video plays at once."""
    return has_ladder(video, duration_ms) and ladder(video)[-1].height > rung.height


def watched_ms(duration_ms: int) -> int:
    """Return how long somebody who began to watch a video may be at it: pauses double it."""
    return max(_WATCHED_MS_MIN, 2 * duration_ms)


def frames_per_s(video: VideoTrack) -> float:
    """Return the constant rate of all renditions: the video's own up to a bound, halved until it is below."""
    rate = video.frames_per_s or _RATE_DEFAULT
    while rate > _RATE_MAX:
        rate /= 2
    return round(max(rate, 1.0), 3)


def first_frames_per_s(video: VideoTrack) -> float:
    """Return the rate of the file that is encoded in a hurry: the same, halved once more where it is fast."""
    rate = frames_per_s(video)
    return round(rate / 2, 3) if rate > _FAST else rate


def poster_at_ms(duration_ms: int) -> int:
    """Return where the poster is taken: after the black of a beginning, within the first second."""
    return min(1000, duration_ms // 10)


def sheet(video: VideoTrack, duration_ms: int) -> Sheet:
    """Return the layout of a video's stills: one a second, fewer of a long one."""
    every_ms = max(1000, -(-duration_ms // _TILES_MAX))
    tiles = max(1, min(_TILES_MAX, -(-duration_ms // every_ms)))
    across = min(tiles, _TILES_ACROSS)
    width, height = _fit(video, max(2, min(_TILE_SIDE, max(video.width, video.height))), longer=True)
    return Sheet(every_ms, tiles, across, -(-tiles // across), width, height)


def _rung(video: VideoTrack, side: int) -> Rung:
    width, height = _fit(video, side)
    step = next((each for each in _SIDES if side <= each), _SIDES[-1])
    kilobits = _KILOBITS[step] * (_FASTER if frames_per_s(video) > _FAST else 1)
    return Rung(f"v{side}", width, height, round(kilobits))


def _side(video: VideoTrack) -> int:
    return min(video.width, video.height)


def _fit(video: VideoTrack, side: int, *, longer: bool = False) -> tuple[int, int]:
    """Return a video's size with its shorter, or longer, side taken to `side`: even numbers, 2 or more."""
    of = max(video.width, video.height) if longer else _side(video)
    return _even(video.width * side / of), _even(video.height * side / of)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
