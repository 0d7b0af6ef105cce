"""Video and sound play at once, whatever they came as; read by real programs in the real sandbox."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doubles.clips import clip, facts, frames, rotated
from doubles.studio import Studio, studio_in
from hubbub.media.adapters.ffmpeg import programs
from hubbub.media.domain.job import JobKind
from hubbub.media.errors import DamagedMedia

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.skipif(programs() is None, reason="there is no ffmpeg for this machine"),
]

PLACE = "+48.1234+011.5678/"


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with studio_in(tmp_path) as made:
        yield made
        assert list(made.scratch.iterdir()) == []


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
async def test_a_video_that_plays_everywhere_is_not_encoded_again(studio: Studio, ending: str) -> None:
    came = clip(ending, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", seconds=2)
    asset = await studio.ready(came)
    assert (asset.state, asset.kind, asset.content_type) == ("ready", "video", "video/mp4")
    assert (asset.width, asset.height) == (64, 48)
    assert 1900 <= asset.duration_ms <= 2200
    played = await studio.delivered(asset.id)
    assert played.index(b"moov") < played.index(b"mdat")
    told = facts(played)
    assert [each["codec_name"] for each in told["streams"]] == ["h264", "aac"]
    assert frames(played) == frames(came) == 20
    # The coded pictures are the same bytes, so the same size but for what names them.
    assert abs(len(played) - len(came)) < 4000


async def test_a_video_that_does_not_is_encoded_small(studio: Studio) -> None:
    asset = await studio.ready(clip("webm", "-c:v", "libvpx", "-c:a", "libopus", size="854x480", seconds=1))
    assert (asset.width, asset.height) == (854, 480)
    told = facts(await studio.delivered(asset.id))
    video, audio = told["streams"]
    assert (video["codec_name"], video["height"], video["width"], audio["codec_name"]) == ("h264", 360, 640, "aac")


async def test_sound_alone_is_encoded_where_only_that_does_not_play(studio: Studio) -> None:
    asset = await studio.ready(clip("mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libopus"))
    told = facts(await studio.delivered(asset.id))
    assert [each["codec_name"] for each in told["streams"]] == ["h264", "aac"]


async def test_a_video_has_a_poster_that_pictures_are_rendered_from(studio: Studio) -> None:
    asset = await studio.ready(clip("mp4"))
    assert asset.thumbhash is not None
    file = await studio.files.find(asset.id)
    assert file is not None
    (poster,) = file.mezzanines
    assert (poster.width, poster.height) == (64, 48)


@pytest.mark.parametrize("ending", ["mp4", "webm"])
async def test_av1_is_copied_and_its_key_frame_is_the_poster(studio: Studio, ending: str) -> None:
    quick = ("-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p", "-svtav1-params", "lp=1")
    came = clip(ending, *quick, size="128x96", audio=False)
    asset = await studio.ready(came)
    (stream,) = facts(await studio.delivered(asset.id))["streams"]
    assert (stream["codec_name"], asset.thumbhash is not None) == ("av1", True)
    file = await studio.files.find(asset.id)
    assert file is not None
    assert [(each.width, each.height) for each in file.mezzanines] == [(128, 96)]


async def test_nothing_tells_where_a_video_was_taken(studio: Studio) -> None:
    named = ("-metadata", f"location={PLACE}", "-metadata:s:v", f"title={PLACE}", "-movflags", "+use_metadata_tags")
    hidden = ("-bsf:v", "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+" + PLACE)
    came = clip("mov", "-c:v", "libx264", "-pix_fmt", "yuv420p", *named, *hidden)
    assert came.count(PLACE.encode()) >= 3
    asset = await studio.ready(came)
    assert PLACE.encode() not in await studio.delivered(asset.id)
    for each in await studio.assets.derived(asset.id):
        assert PLACE.encode() not in await studio.objects.get(each.object_key)


async def test_a_video_is_as_large_as_it_is_shown(studio: Studio) -> None:
    wide = await studio.ready(clip("mkv", "-c:v", "libvpx", "-vf", "setsar=2/1", audio=False))
    assert (wide.width, wide.height) == (128, 48)
    turned = await studio.ready(rotated(clip("mp4"), 90))
    assert (turned.width, turned.height) == (48, 64)
    (side,) = facts(await studio.delivered(turned.id))["streams"][0]["side_data_list"]
    assert abs(side["rotation"]) == 90
    small = await studio.ready(rotated(clip("mp4", "-c:v", "libx265", "-x265-params", "log-level=none"), 90))
    video = facts(await studio.delivered(small.id))["streams"][0]
    assert (video["width"], video["height"], "side_data_list" in video) == (48, 64, False)


@pytest.mark.parametrize(
    ("ending", "options", "shown_as"),
    [
        ("mp3", (), "audio/mpeg"),
        ("ogg", ("-c:a", "libopus"), "audio/ogg"),
        ("webm", ("-c:a", "libopus"), "audio/webm"),
        ("wav", (), "audio/vnd.wave"),
        ("flac", (), "audio/flac"),
        ("m4a", (), "audio/mp4"),
        ("aac", (), "audio/aac"),
        ("mp4", (), "audio/mp4"),
    ],
)
async def test_sound_that_browsers_play_stays_as_it_came(
    studio: Studio, ending: str, options: tuple[str, ...], shown_as: str
) -> None:
    came = clip(ending, *options, video=False, seconds=2)
    asset = await studio.ready(came)
    assert (asset.state, asset.kind, asset.content_type) == ("ready", "audio", shown_as)
    assert 1900 <= asset.duration_ms <= 2200
    assert await studio.delivered(asset.id) == came


async def test_sound_has_a_waveform(studio: Studio) -> None:
    loud = clip("ogg", "-c:a", "libopus", "-af", "volume=8,afade=t=in:d=2", video=False, seconds=4)
    asset = await studio.ready(loud)
    paths = (await studio.streams.of([asset]))[asset.id]
    assert paths.waveform is not None
    assert (len(paths.waveform), paths[:4]) == (40, (None,) * 4)
    assert paths.waveform[0] < 20
    assert max(paths.waveform[30:]) > 200


async def test_sound_that_they_do_not_becomes_aac(studio: Studio) -> None:
    asset = await studio.ready(clip("m4a", "-c:a", "alac", video=False))
    (audio,) = facts(await studio.delivered(asset.id))["streams"]
    assert (asset.content_type, audio["codec_name"]) == ("audio/mp4", "aac")


async def test_what_takes_long_is_left_to_a_job_of_its_own(studio: Studio) -> None:
    long = clip("webm", "-c:v", "libvpx", "-deadline", "realtime", size="16x16", rate=1, seconds=90, audio=False)
    asset_id = await studio.upload(long)
    assert await studio.work(JobKind.INSPECT) == ["inspect"]
    assert (await studio.asset(asset_id)).state == "processing"
    assert await studio.work(JobKind.ENCODE) == ["encode"]
    assert (await studio.asset(asset_id)).state == "ready"
    assert await studio.work(JobKind.INSPECT, JobKind.ENCODE) == []


HOSTILE = {
    "cut": lambda: clip("mp4")[:2000],
    "index cut off": lambda: clip("mp4")[:-400],
    "only a beginning": lambda: clip("mkv")[:60],
    "nonsense": lambda: b"\0\0\0\x18ftypisom" + bytes(range(256)) * 40,
    "lying index": lambda: clip("mp4").replace(b"stsz", b"stsx").replace(b"stco", b"xxxx"),
    "sound of nothing": lambda: b"ID3\x04\0\0\0\0\0\0" + bytes(5000),
    "no packets": lambda: clip("flac", video=False)[:80],
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_damaged_recording_is_refused(studio: Studio, name: str) -> None:
    with pytest.raises(DamagedMedia):
        await studio.ready(HOSTILE[name]())
