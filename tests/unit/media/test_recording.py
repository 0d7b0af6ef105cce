"""What ffprobe says is believed within bounds, and decides what is made of a recording."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.domain import sound, video
from hubbub.media.domain.recording import DURATION_MS_MAX, SIDE_MAX, AudioTrack, Recording, VideoTrack, parse
from hubbub.media.errors import DamagedMedia, TooManyPixels

FILM = {
    "index": 0,
    "codec_type": "video",
    "codec_name": "h264",
    "profile": "High",
    "level": 40,
    "pix_fmt": "yuv420p",
    "width": 1920,
    "height": 1080,
    "sample_aspect_ratio": "1:1",
    "avg_frame_rate": "30000/1001",
    "field_order": "progressive",
}
SOUND = {"index": 1, "codec_type": "audio", "codec_name": "aac", "profile": "LC", "channels": 2}


def said(*streams: dict[str, Any], duration: str = "15.0") -> bytes:
    return json.dumps({"streams": streams, "format": {"duration": duration}}).encode()


def film(**changes: Any) -> VideoTrack:
    found = parse(said(FILM | changes)).video
    assert found is not None
    return found


def test_facts_are_those_of_the_first_tracks_that_play():
    cover = FILM | {"index": 5, "codec_name": "mjpeg", "disposition": {"attached_pic": 1}}
    found = parse(said(cover, FILM, SOUND, SOUND | {"index": 2}))
    assert found == Recording(
        VideoTrack(0, "h264", "High", 40, "yuv420p", 1920, 1080, pytest.approx(29.97, abs=0.01), False),
        AudioTrack(1, "aac", "LC", 2),
        15_000,
    )


@pytest.mark.parametrize(("rotation", "size"), [(0, (1920, 1080)), (-90, (1080, 1920)), (180, (1920, 1080))])
def test_size_is_as_shown(rotation, size):
    found = film(side_data_list=[{"rotation": rotation}])
    assert (found.width, found.height) == size


def test_pixels_are_made_square():
    assert film(width=720, height=576, sample_aspect_ratio="64:45").width == 1024


@pytest.mark.parametrize("side", [SIDE_MAX + 1, 1_000_000, 2**62])
def test_frames_that_nothing_plays_are_refused(side):
    with pytest.raises(TooManyPixels):
        film(width=side, height=side)


@pytest.mark.parametrize("duration", ["", "N/A", "-1", "nan", "inf", "1e300", str(DURATION_MS_MAX)])
def test_a_length_that_cannot_be_is_not_known(duration):
    assert parse(said(FILM, duration=duration)).duration_ms == 0


@pytest.mark.parametrize("nonsense", [b"", b"[]", b"{", b'{"streams": [{}]}', b'{"streams": [{"index": "0"}]}'])
def test_nonsense_is_damage(nonsense):
    with pytest.raises(DamagedMedia):
        parse(nonsense)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda each: st.lists(each, max_size=3)))
def test_whatever_is_said_is_facts_or_an_error(value):
    for name in FILM:
        try:
            found = parse(said(FILM | {name: value}))
        except (DamagedMedia, TooManyPixels):
            continue
        assert found.video is None or 0 < found.video.width * found.video.height <= SIDE_MAX**2


@pytest.mark.parametrize(
    "changes",
    [
        {"codec_name": "hevc"},
        {"pix_fmt": "yuv420p10le", "profile": "High 10"},
        {"pix_fmt": "yuv444p"},
        {"level": 62},
        {"field_order": "tt"},
    ],
    ids=str,
)
def test_what_some_browser_does_not_play_is_encoded(changes):
    track = film(**changes)
    plan = video.playable(Recording(track, None, 1000), track)
    assert plan.rung is not None
    assert (plan.rung.width, plan.rung.height) == (640, 360)


def test_what_all_play_is_copied():
    plan = video.playable(parse(said(FILM, SOUND)), film())
    assert plan == video.Playable(copies_video=True, copies_audio=True, rung=None)


def test_sound_is_judged_by_itself():
    track = film()
    plan = video.playable(Recording(track, AudioTrack(1, "opus", "", 2), 1000), track)
    assert (plan.copies_video, plan.copies_audio) == (True, False)


@pytest.mark.parametrize(
    ("width", "height", "sizes"),
    [
        (1920, 1080, [(640, 360), (854, 480), (1280, 720), (1920, 1080)]),
        (1080, 1920, [(360, 640), (480, 854), (720, 1280), (1080, 1920)]),
        (3840, 2160, [(640, 360), (854, 480), (1280, 720), (1920, 1080)]),
        (320, 240, [(320, 240)]),
        (1024, 576, [(640, 360), (854, 480), (1024, 576)]),
        (1280, 800, [(576, 360), (768, 480), (1152, 720)]),
    ],
)
def test_the_ladder_ends_at_the_video(width, height, sizes):
    assert [(rung.width, rung.height) for rung in video.ladder(film(width=width, height=height))] == sizes


@given(st.integers(1, SIDE_MAX), st.integers(1, 4320))
def test_no_rendition_is_enlarged_and_all_sides_are_even(width, height):
    track = film(width=width, height=height)
    sheet = video.sheet(track, 60_000)
    sizes = [(rung.width, rung.height) for rung in video.ladder(track)]
    for across, down in [*sizes, (sheet.width, sheet.height)]:
        assert across % 2 == down % 2 == 0
        assert 2 <= across <= max(2, width + 1)
        assert 2 <= down <= max(2, height + 1)


@pytest.mark.parametrize(("rate", "kept"), [("30/1", 30), ("60/1", 60), ("240/1", 60), ("120/1", 60), ("0/0", 30)])
def test_a_rate_is_the_cameras_or_a_part_of_it(rate, kept):
    assert video.frames_per_s(film(avg_frame_rate=rate)) == kept


@given(st.integers(1, video.PACKAGED_MS_MAX))
def test_a_sheet_covers_a_video_of_any_length(duration_ms):
    sheet = video.sheet(film(), duration_ms)
    assert 1 <= sheet.tiles <= sheet.across * sheet.down <= 100
    assert sheet.tiles * sheet.every_ms >= duration_ms


def test_a_waveform_has_a_point_for_each_part_and_is_as_loud_as_it():
    samples = memoryview(bytes(2 * 256) + b"\xff\x7f" * 256 + b"\x00\x80" * 256).cast("h")
    points = sound.waveform(samples)
    assert len(points) == 256
    assert (points[0], points[128], points[-1]) == (0, 255, 255)


@given(st.lists(st.integers(-32768, 32767), max_size=2000))
def test_any_sound_has_a_waveform_in_bounds(samples):
    import array

    points = sound.waveform(memoryview(array.array("h", samples)))
    assert len(points) == min(sound.POINTS_MAX, len(samples))


def test_a_first_file_gives_way_only_to_a_larger_one():
    rung = video.ladder(film(width=640, height=360))[0]
    assert not video.is_outgrown(film(width=640, height=360), rung, 15_000)
    assert video.is_outgrown(film(), rung, 15_000)
    assert not video.is_outgrown(film(), rung, video.PACKAGED_MS_MAX + 1)


def test_whoever_watches_has_twice_its_length():
    assert (video.watched_ms(1_000), video.watched_ms(3_600_000)) == (600_000, 7_200_000)


@pytest.mark.parametrize(("rate", "first"), [("60/1", 30.0), ("30/1", 30.0), ("240/1", 30.0), ("24000/1001", 23.976)])
def test_what_is_made_in_a_hurry_has_thirty_frames_a_second_at_most(rate, first):
    assert video.first_frames_per_s(film(avg_frame_rate=rate)) == first
