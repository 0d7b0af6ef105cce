"""What players read first: HLS playlists and a DASH manifest over the same files, and where the stills of a sheet are.

All addresses in them are relative, so that what signs the folder signs all of it.

Source: RFC 8216 and draft-pantos-hls-rfc8216bis (HLS; key frames alone: 4.3.3.6, 4.3.4.3); ISO/IEC 23009-1, 8.3 (DASH
on demand); W3C WebVTT; Media Fragments URI 1.0 (the part of a sheet that a still is).
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from hubbub.media.domain.fragments import Track
from hubbub.media.domain.video import Sheet

MASTER: Final = "master.m3u8"
MANIFEST: Final = "manifest.mpd"
SPRITE: Final = "sprite.vtt"
TYPES: Final = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
    ".vtt": "text/vtt; charset=utf-8",
}
"""Media types by ending."""
_HEAD: Final = ("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS")
_SECOND_MS: Final = 1000
_KEY: Final = re.compile(r"^#EXT-X-BYTERANGE:(\d+)@\d+$", re.MULTILINE | re.ASCII)


class Picture(NamedTuple):
    """A rendition of the pictures."""

    name: str
    """Of its file and its playlist, without their endings."""
    track: Track
    width: int
    height: int
    frames_per_s: float
    keys: tuple[int, ...]
    """Of each fragment, the bytes from its beginning to the end of its first frame, which stands alone; empty for not
    known."""


class Sound(NamedTuple):
    """The rendition of the sound."""

    name: str
    track: Track


def master(pictures: tuple[Picture, ...], sound: Sound | None) -> str:
    """Return the playlist that names the others; players begin with the first, the smallest that plays everywhere."""
    lines = [*_HEAD]
    if sound is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{sound.name}",NAME="{sound.name}",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="2",URI="{sound.name}.m3u8"'
        )
    for each in pictures:
        tracks = [each.track, *([sound.track] if sound is not None else [])]
        codecs = ",".join(track.codecs for track in tracks)
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={sum(track.bits_per_s_max for track in tracks)},"
            f"AVERAGE-BANDWIDTH={sum(track.bits_per_s for track in tracks)},"
            f'CODECS="{codecs}",RESOLUTION={each.width}x{each.height},FRAME-RATE={each.frames_per_s:.3f}'
            + (f',AUDIO="{sound.name}"' if sound is not None else "")
        )
        lines.append(f"{each.name}.m3u8")
    for each in (each for each in pictures if each.keys):
        seconds = each.track.duration_s
        most = max(8 * key / part.duration for key, part in zip(each.keys, each.track.fragments, strict=True))
        lines.append(
            f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={round(most * each.track.timescale)},"
            f"AVERAGE-BANDWIDTH={round(8 * sum(each.keys) / seconds)},"
            f'CODECS="{each.track.codecs}",RESOLUTION={each.width}x{each.height},URI="{keys_name(each.name)}"'
        )
    return _joined(lines)


def keys_name(name: str) -> str:
    """Return the name of the playlist of a rendition's key frames."""
    return f"{name}_keys.m3u8"


def keys_in(playlist: str) -> tuple[int, ...]:
    """Return `Picture.keys` as `key_frames` wrote them."""
    return tuple(map(int, _KEY.findall(playlist)))


def key_frames(picture: Picture) -> str:
    """Return the playlist of a rendition's key frames alone, for winding quickly: each is shown until the next."""
    track = picture.track
    lengths = [each.duration / track.timescale for each in track.fragments]
    lines = _described(picture.name, track, lengths, "#EXT-X-I-FRAMES-ONLY")
    at = track.index_end
    for fragment, key, length_s in zip(track.fragments, picture.keys, lengths, strict=True):
        lines += [f"#EXTINF:{length_s:.6f},", f"#EXT-X-BYTERANGE:{key}@{at}", f"{picture.name}.mp4"]
        at += fragment.size_bytes
    return _joined([*lines, "#EXT-X-ENDLIST"])


def playlist(name: str, track: Track) -> str:
    """Return the playlist of one file: where its fragments lie."""
    lengths = [each.duration / track.timescale for each in track.fragments]
    lines = _described(name, track, lengths)
    at = track.index_end
    for fragment, length_s in zip(track.fragments, lengths, strict=True):
        lines += [f"#EXTINF:{length_s:.6f},", f"#EXT-X-BYTERANGE:{fragment.size_bytes}@{at}", f"{name}.mp4"]
        at += fragment.size_bytes
    return _joined([*lines, "#EXT-X-ENDLIST"])


def dash(pictures: tuple[Picture, ...], sound: Sound | None) -> str:
    """Return the DASH manifest over the same files; players find the fragments in each file's index."""
    duration_s = max(each.track.duration_s for each in pictures)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"',
        f' type="static" mediaPresentationDuration="PT{duration_s:.3f}S" minBufferTime="PT4S">',
        "<Period>",
    ]
    for codec in dict.fromkeys(each.track.codecs[:4] for each in pictures):  # players take one set, and stay with it
        lines += [
            '<AdaptationSet contentType="video" mimeType="video/mp4" subsegmentAlignment="true"',
            ' subsegmentStartsWithSAP="1">',
        ]
        for each in (each for each in pictures if each.track.codecs.startswith(codec)):
            more = f' width="{each.width}" height="{each.height}" frameRate="{_rate(each.frames_per_s)}" sar="1:1"'
            lines += _representation(each.name, each.track, more)
        lines.append("</AdaptationSet>")
    if sound is not None:
        lines.append('<AdaptationSet contentType="audio" mimeType="audio/mp4" subsegmentStartsWithSAP="1">')
        lines += [*_representation(sound.name, sound.track, ' audioSamplingRate="48000"'), "</AdaptationSet>"]
    return _joined([*lines, "</Period>", "</MPD>"])


def stills(sheet: Sheet, picture: str, duration_ms: int) -> str:
    """Return which part of the sheet `picture` shows which part of a video, as WebVTT."""
    lines = ["WEBVTT", ""]
    for place in range(sheet.tiles):
        start, end = place * sheet.every_ms, min(duration_ms, (place + 1) * sheet.every_ms)
        if start >= end:
            break
        x, y = place % sheet.across * sheet.width, place // sheet.across * sheet.height
        lines += [f"{_time(start)} --> {_time(end)}", f"{picture}#xywh={x},{y},{sheet.width},{sheet.height}", ""]
    return _joined(lines)


def _described(name: str, track: Track, lengths_s: list[float], *more: str) -> list[str]:
    """Return how a playlist of one file begins."""
    return [
        *_HEAD,
        f"#EXT-X-TARGETDURATION:{max(1, math.ceil(max(lengths_s)))}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        *more,
        f'#EXT-X-MAP:URI="{name}.mp4",BYTERANGE="{track.description_end}@0"',
    ]


def _representation(name: str, track: Track, more: str) -> list[str]:
    return [
        f'<Representation id="{name}" codecs="{track.codecs}" bandwidth="{track.bits_per_s_max}"{more}>',
        f"<BaseURL>{name}.mp4</BaseURL>",
        f'<SegmentBase indexRange="{track.description_end}-{track.index_end - 1}" timescale="{track.timescale}">',
        f'<Initialization range="0-{track.description_end - 1}"/>',
        "</SegmentBase>",
        "</Representation>",
    ]


def _rate(frames_per_s: float) -> str:
    """Return a rate as DASH wants it: a whole number, or one over another."""
    return f"{round(frames_per_s * 1000)}/1000" if frames_per_s % 1 else str(int(frames_per_s))


def _time(moment_ms: int) -> str:
    seconds, rest_ms = divmod(moment_ms, _SECOND_MS)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest_ms:03}"


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
