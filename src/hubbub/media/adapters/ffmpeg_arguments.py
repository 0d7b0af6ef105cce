"""Plans as ffmpeg's and ffprobe's arguments.

The input is descriptor 3, read by the one protocol that cannot open anything, with the demuxer that the file's first
bytes decide: nothing is guessed by name, and no list of other files is ever followed. Outputs are files of the folder
in which the program works.

Source: ffmpeg-formats(1), ffmpeg-protocols(1) and ffmpeg-codecs(1) of FFmpeg 8.1.
"""

from __future__ import annotations

from typing import Final

from hubbub.media.domain.kinds import Format
from hubbub.media.domain.recording import PIXELS_MAX, AudioTrack, VideoTrack
from hubbub.media.domain.rendition import Output
from hubbub.media.domain.tuning import QUALITY, TRIED, Sample
from hubbub.media.domain.video import SEGMENT_S, Playable, Rung, Sheet, first_frames_per_s, frames_per_s

DEMUXERS: Final[dict[Format, str]] = {
    Format.MP4: "mov",
    Format.QUICKTIME: "mov",
    Format.M4A: "mov",
    Format.WEBM: "matroska",
    Format.MATROSKA: "matroska",
    Format.MP3: "mp3",
    Format.OPUS: "ogg",
    Format.OGG: "ogg",
    Format.WAV: "wav",
    Format.FLAC: "flac",
    Format.AAC: "aac",
}
"""What is opened at all."""
PLAYABLE: Final = "playable.mp4"
POSTER: Final = "poster"
SHEET: Final = "sheet.jpg"
SAMPLES: Final = "samples.pcm"
FILM: Final = "film"
PROGRESS: Final = "progress"
"""Names of outputs."""
AUDIO: Final = "audio"
"""Name of the sound beside the rungs of a ladder."""
_POSTER_SIDE: Final = 1280
_GLANCE_S: Final = 10
_HURRIED: Final = ["-skip_loop_filter", "noref"]
"""Smoothing is left out of frames from which no other is made: scaled to a third nobody sees it. Averaging in place of
a filter, and half of 60 frames a second, save a fifth together."""
_FACTS: Final = (
    "stream=index,codec_type,codec_name,profile,level,pix_fmt,width,height,sample_aspect_ratio,avg_frame_rate"
    ",field_order,channels,duration:stream_disposition=attached_pic,still_image:stream_side_data=rotation"
    ":format=duration"
)
_NAMELESS: Final = ("-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1")
"""Where, when and with what it was taken is not handed on."""
_SEI: Final = "6"
"""The units of H.264 in which cameras write what they like, places among it."""


def probing(format_: Format) -> list[str]:
    """Return what makes ffprobe tell a file's facts, as JSON."""
    return ["-v", "quiet", *_input(format_), "-show_entries", _FACTS, "-of", "json=compact=1"]


def playing(format_: Format, video: VideoTrack, audio: AudioTrack | None, plan: Playable) -> list[str]:
    """Return what makes the file that plays at once: `PLAYABLE`, its index first."""
    hurried = _HURRIED if plan.rung is not None else []
    said = [*_quietly(), *hurried, *_input(format_, reads=True), "-map", f"0:{video.stream}"]
    if plan.rung is None:
        said += ["-c:v", "copy"]
        if video.codec == "h264":
            said += ["-bsf:v", f"filter_units=remove_types={_SEI}"]
    else:
        filters = f"{_steady(video, first_frames_per_s(video))},{_size(plan.rung, 'area')}"
        said += ["-vf", filters, *_h264(plan.rung, "superfast", 25)]
    if audio is not None:
        said += ["-map", f"0:{audio.stream}", *(["-c:a", "copy"] if plan.copies_audio else _AAC)]
    return [*said, *_NAMELESS, *_reporting(), "-movflags", "+faststart", "-f", "mp4", PLAYABLE]


def glance(format_: Format, video: VideoTrack, at_ms: int) -> list[str]:
    """Return what makes `POSTER` of the next key frame within some seconds from `at_ms`, or nothing.

    It decodes one frame and costs half of `still`, which decodes all from the key frame before.
    """
    quick = ["-threads", "1", "-skip_frame", "nokey", "-t", str(_GLANCE_S)]
    said = still(format_, video, at_ms)
    place = said.index("-ss")
    return [*said[:place], *quick, *said[place:]]


def still(format_: Format, video: VideoTrack, at_ms: int) -> list[str]:
    """Return what makes `POSTER`, one frame from about `at_ms`."""
    scale = min(1.0, _POSTER_SIDE / max(video.width, video.height))
    size = f"scale={max(1, round(video.width * scale))}:{max(1, round(video.height * scale))},setsar=1"
    one = ["-map", f"0:{video.stream}", "-frames:v", "1", "-vf", size, *_NAMELESS]
    return [*_quietly(), "-ss", f"{at_ms / 1000:.3f}", *_input(format_, reads=True), *one, *_JPEG, POSTER]


def leaf(format_: Format, video: VideoTrack, at_ms: int) -> list[str]:
    """Return what makes `POSTER` of AV1, which is not decoded here: the key frame before `at_ms`, as AVIF."""
    one = ["-map", f"0:{video.stream}", "-frames:v", "1", "-c:v", "copy", *_NAMELESS]
    return [*_quietly(), "-ss", f"{at_ms / 1000:.3f}", *_input(format_, reads=True), *one, "-f", "avif", POSTER]


def packaging(
    format_: Format,
    video: VideoTrack,
    audio: AudioTrack | None,
    rungs: tuple[Rung, ...],
    sheet: Sheet,
    quality: int = QUALITY,
) -> list[str]:
    """Return what makes all rungs, the sound and the sheet in one pass: the file is decoded once.

    Each rung is `{name}.mp4` of fragments that begin with a key frame, all at the same times, with an index in front.
    """
    labels = "".join(f"[{rung.name}s]" for rung in rungs)
    graph = [f"[0:{video.stream}]{_steady(video, frames_per_s(video))},split={len(rungs) + 1}{labels}[sheets]"]
    graph += [f"[{rung.name}s]{_size(rung)}[{rung.name}]" for rung in rungs]
    graph.append(
        f"[sheets]fps={1000 / sheet.every_ms:.6f}:round=up,scale={sheet.width}:{sheet.height},setsar=1,"
        f"tile={sheet.across}x{sheet.down}[sheet]"
    )
    said = [*_quietly(), *_input(format_, reads=True), *_reporting(), "-filter_complex", ";".join(graph)]
    for rung in rungs:
        said += ["-map", f"[{rung.name}]", *_h264(rung, "veryfast", quality), *_NAMELESS]
        said += ["-movflags", f"{_FRAGMENTS}+frag_keyframe", "-f", "mp4", f"{rung.name}.mp4"]
    if audio is not None:
        said += ["-map", f"0:{audio.stream}", *_AAC, *_NAMELESS, "-frag_duration", str(SEGMENT_S * 1_000_000)]
        said += ["-movflags", _FRAGMENTS, "-f", "mp4", f"{AUDIO}.mp4"]
    return [*said, "-map", "[sheet]", "-frames:v", "1", *_NAMELESS, *_JPEG, SHEET]


def trying(format_: Format, video: VideoTrack, rung: Rung, sample: Sample) -> list[str]:
    """Return what codes a sample as `packaging` would with each of `TRIED`, and writes how like it was to `liked`.

    What was coded is decoded again in the same run, and compared with the frames that it was made of.
    """
    places = range(len(TRIED))
    copies = "".join(f"[coded{each}][true{each}]" for each in places)
    steady = f"{_steady(video, frames_per_s(video))},{_size(rung)},split={2 * len(TRIED)}{copies}"
    span = ["-ss", f"{sample.at_ms / 1000:.3f}", "-t", f"{sample.length_ms / 1000:.3f}"]
    said = [*_quietly(), *span, *_input(format_, reads=True), "-filter_complex", f"[0:{video.stream}]{steady}"]
    for each in places:
        said += [
            "-map",
            f"[coded{each}]",
            *_h264(rung, "veryfast", TRIED[each]),
            "-f",
            "null",
            "-",
            "-dec",
            f"{each}:0",
        ]
    compared = (f"[true{each}][dec:{each}]xpsnr=stats_file={liked(TRIED[each])}[like{each}]" for each in places)
    said += ["-filter_complex", ";".join(compared)]
    for each in places:
        said += ["-map", f"[like{each}]", "-f", "null", "-"]
    return said


def liked(quality: int) -> str:
    """Return the name of the output that says how like a sample was that was coded with `quality`."""
    return f"liked{quality}"


def refining(format_: Format, video: VideoTrack, rungs: tuple[Rung, ...]) -> list[str]:
    """Return what makes all `rungs` in AV1 in one pass, with the key frames of those in H.264."""
    labels = "".join(f"[{rung.name}s]" for rung in rungs)
    graph = [f"[0:{video.stream}]{_steady(video, frames_per_s(video))},split={len(rungs)}{labels}"]
    graph += [f"[{rung.name}s]{_size(rung)}[{rung.name}]" for rung in rungs]
    said = [*_quietly(), *_input(format_, reads=True), *_reporting(), "-filter_complex", ";".join(graph)]
    for rung in rungs:
        said += ["-map", f"[{rung.name}]", "-c:v", "libsvtav1", "-preset", "8", "-crf", "38", *_rate_of(rung)]
        said += ["-svtav1-params", "lp=1", *_NAMELESS]
        said += ["-movflags", f"{_FRAGMENTS}+frag_keyframe", "-f", "mp4", f"{rung.name}.mp4"]
    return said


def joining(rung: Rung, *, sounds: bool) -> list[str]:
    """Return what makes `PLAYABLE` of one rendition and the sound, which `packaging` made: copied, its index first."""
    names = [rung.name, *([AUDIO] if sounds else [])]
    said = _quietly()
    for name in names:
        said += ["-protocol_whitelist", "file", "-f", "mov", "-i", f"{name}.mp4"]
    for place in range(len(names)):
        said += ["-map", str(place)]
    return [*said, "-c", "copy", *_NAMELESS, "-movflags", "+faststart", "-f", "mp4", PLAYABLE]


def sounding(format_: Format, audio: AudioTrack, samples_per_s: int, *, seconds_max: int, encodes: bool) -> list[str]:
    """Return what makes `SAMPLES`, signed 16-bit ones of one channel, and if `encodes` says so `PLAYABLE`."""
    said = [*_quietly(), *_input(format_, reads=True), *_reporting()]
    said += ["-map", f"0:{audio.stream}", "-ac", "1", "-ar", str(samples_per_s), "-t", str(seconds_max)]
    said += ["-c:a", "pcm_s16le", "-f", "s16le", SAMPLES]
    if encodes:
        said += ["-map", f"0:{audio.stream}", *_AAC, "-t", str(seconds_max), *_NAMELESS]
        said += ["-movflags", "+faststart", "-f", "mp4", PLAYABLE]
    return said


def filming(output: Output, quality: int) -> list[str]:
    """Return what makes `FILM` of the frames of a moving picture, each shown for as long as it was.

    Args:
        output: MP4, or AVIF that moves.
        quality: One of `domain.rendition.QUALITIES`.
    """
    said = [*_quietly(), "-protocol_whitelist", "fd", "-f", "matroska", "-fd", "3", "-i", "fd:", *_NAMELESS]
    said += ["-fps_mode", "vfr", "-enc_time_base", "1/1000", "-vf", _TO_BT709, *_BT709]
    if output is Output.MP4:
        said += ["-c:v", "libx264", "-preset", "medium", "-crf", str(_FILM_X264[quality]), "-profile:v", "high"]
        # Frames come in their order: where they do not, those of uneven lengths end too early.
        said += [
            "-bf",
            "0",
            "-pix_fmt",
            "yuv420p",
            "-threads",
            "2",
            "-video_track_timescale",
            "1000",
            "-movflags",
            "+faststart",
        ]
        return [*said, "-f", "mp4", FILM]
    said += ["-c:v", "libsvtav1", "-preset", "9", "-crf", str(_FILM_AV1[quality]), "-svtav1-params", "lp=2"]
    return [*said, "-pix_fmt", "yuv420p", "-f", "avif", FILM]


_FILM_X264: Final = {50: 34, 80: 29, 92: 24}
_FILM_AV1: Final = {50: 48, 80: 40, 92: 30}
"""Constant rate factors that stand for qualities on the scale of JPEG."""
_TO_BT709: Final = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int"
_BT709: Final = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")
_AAC: Final = ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"]
_JPEG: Final = ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "mjpeg"]
_FRAGMENTS: Final = "+cmaf+dash+global_sidx+skip_trailer"


def _quietly() -> list[str]:
    return ["-v", "error", "-nostdin", "-y"]


def _input(format_: Format, *, reads: bool = False) -> list[str]:
    bounded = ["-max_pixels", str(PIXELS_MAX)] if reads else []
    return [*bounded, "-protocol_whitelist", "fd", "-f", DEMUXERS[format_], "-max_streams", "64", "-fd", "3",
            *(["-i"] if reads else []), "fd:"]  # fmt: skip


def _reporting() -> list[str]:
    return ["-progress", PROGRESS, "-stats_period", "0.5"]


def _steady(video: VideoTrack, rate: float) -> str:
    """Return the filters that make frames of a camera come at one rate, whole."""
    whole = "yadif," if video.is_interlaced else ""
    return f"{whole}fps={rate:.3f}"


def _size(rung: Rung, how: str = "bicubic") -> str:
    return f"scale={rung.width}:{rung.height}:flags={how},setsar=1,format=yuv420p"


def _h264(rung: Rung, preset: str, quality: int) -> list[str]:
    said = ["-c:v", "libx264", "-preset", preset, "-crf", str(quality), "-profile:v", "high", *_rate_of(rung)]
    return [*said, "-sc_threshold", "0"]


def _rate_of(rung: Rung) -> list[str]:
    """Return the bounds of a rendition's rate, and where its key frames are."""
    rate = ["-maxrate", f"{rung.kilobits_max}k", "-bufsize", f"{rung.kilobits_max * 2}k"]
    return [*rate, "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_S})"]
