"""What a recording, video or sound, is said to be by ffprobe, believed only within bounds.

The program that says it has read hostile bytes: what is missing, malformed or beyond a bound is treated as not said,
or refuses the file.

Source: ffprobe's JSON writer, of FFmpeg 8.1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from hubbub.media.errors import DamagedMedia, TooManyPixels

SIDE_MAX: Final = 8192
"""Pixels of a side; levels of H.264 and AV1 that anything plays end there."""
PIXELS_MAX: Final = 8192 * 4320
"""Of a frame: 8K."""
DURATION_MS_MAX: Final = 24 * 3600 * 1000
"""Longer ones are not believed: whoever records for days makes several files."""
_RATE_MAX: Final = 1000.0
_CHANNELS_MAX: Final = 64
_WORD_MAX: Final = 32
_QUARTER: Final = 90


class VideoTrack(NamedTuple):
    """The moving pictures of a recording."""

    stream: int
    """Its place in the file."""
    codec: str
    """ffmpeg's name: ``h264``, ``hevc``, ``vp9``, ``av1`` and so on."""
    profile: str
    level: int
    """As the codec counts, 42 for H.264's 4.2; zero for not known."""
    pixel_format: str
    """ffmpeg's name, e.g. ``yuv420p``; empty when no decoder knows it."""
    width: int
    """Pixels across as shown: turned as the camera says, pixels made square."""
    height: int
    frames_per_s: float
    """On average; zero for not known."""
    is_interlaced: bool


class AudioTrack(NamedTuple):
    """The sound of a recording."""

    stream: int
    """Its place in the file."""
    codec: str
    profile: str
    channels: int


class Recording(NamedTuple):
    """What a file holds; the first track of each sort that is meant to be played."""

    video: VideoTrack | None
    audio: AudioTrack | None
    duration_ms: int
    """Zero for not known."""


class _Disposition(msgspec.Struct, frozen=True):
    attached_pic: int = 0
    still_image: int = 0


class _SideData(msgspec.Struct, frozen=True):
    rotation: int | float = 0


class _Stream(msgspec.Struct, frozen=True):
    index: int
    codec_type: str = ""
    codec_name: str = ""
    profile: str | int = ""
    level: int = 0
    pix_fmt: str = ""
    width: int = 0
    height: int = 0
    sample_aspect_ratio: str = ""
    avg_frame_rate: str = ""
    field_order: str = ""
    channels: int = 0
    disposition: _Disposition = _Disposition()
    side_data_list: list[_SideData] = []
    duration: str = ""


class _Container(msgspec.Struct, frozen=True):
    duration: str = ""


class _Said(msgspec.Struct, frozen=True):
    streams: list[_Stream] = []
    format: _Container = _Container()


_decoder = msgspec.json.Decoder(_Said)


def parse(said: bytes) -> Recording:
    """Return what ffprobe said as facts.

    Raises:
        DamagedMedia: It said nothing that makes sense.
        TooManyPixels: Frames are larger than are read.
    """
    try:
        found = _decoder.decode(said)
    except msgspec.MsgspecError as problem:
        raise DamagedMedia from problem
    video = next((each for each in found.streams if _is_film(each)), None)
    audio = next((each for each in found.streams if each.codec_type == "audio" and _is_word(each.codec_name)), None)
    lengths = [found.format.duration, *(each.duration for each in (video, audio) if each is not None)]
    return Recording(
        None if video is None else _video(video),
        None if audio is None else _audio(audio),
        next((length for length in map(_milliseconds, lengths) if length), 0),
    )


def _is_film(stream: _Stream) -> bool:
    """Return whether a stream is video; a cover is none."""
    cover = stream.disposition.attached_pic or stream.disposition.still_image
    return stream.codec_type == "video" and not cover and _is_word(stream.codec_name)


def _video(stream: _Stream) -> VideoTrack:
    width, height = stream.width, stream.height
    if not (0 < width <= SIDE_MAX and 0 < height <= SIDE_MAX and width * height <= PIXELS_MAX):
        raise TooManyPixels if width > 0 and height > 0 else DamagedMedia
    aspect = _ratio(stream.sample_aspect_ratio, ":")
    if aspect and aspect != 1:
        width = max(1, min(SIDE_MAX, round(width * aspect)))
    turns = [each.rotation for each in stream.side_data_list if each.rotation]
    if turns and round(turns[0] / _QUARTER) % 2:
        width, height = height, width
    rate = _ratio(stream.avg_frame_rate, "/")
    return VideoTrack(
        stream=stream.index,
        codec=stream.codec_name,
        profile=str(stream.profile)[:_WORD_MAX],
        level=max(0, stream.level),
        pixel_format=stream.pix_fmt if _is_word(stream.pix_fmt) else "",
        width=width,
        height=height,
        frames_per_s=rate if rate <= _RATE_MAX else 0.0,
        is_interlaced=stream.field_order not in {"", "progressive", "unknown"},
    )


def _audio(stream: _Stream) -> AudioTrack:
    channels = min(max(stream.channels, 0), _CHANNELS_MAX)
    return AudioTrack(stream.index, stream.codec_name, str(stream.profile)[:_WORD_MAX], channels)


def _is_word(text: str) -> bool:
    return 0 < len(text) <= _WORD_MAX and text.isascii() and text.replace("_", "").isalnum()


def _ratio(text: str, sign: str) -> float:
    """Return a ratio of two whole numbers; zero for none."""
    over, _, under = text.partition(sign)
    if not (over.isdecimal() and under.isdecimal() and len(text) <= _WORD_MAX) or int(under) == 0:
        return 0.0
    return int(over) / int(under)


def _milliseconds(text: str) -> int:
    """Return seconds as milliseconds; zero for what is not believed."""
    try:
        seconds = float(text)
    except ValueError:
        return 0
    return round(seconds * 1000) if 0 < seconds * 1000 <= DURATION_MS_MAX else 0
